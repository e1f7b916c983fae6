// SPDX-License-Identifier: EUPL-1.2
#include "demo/demo.hpp"

#include <unistd.h>

#include <algorithm>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "cli/outputs.hpp"
#include "cli/pipeline.hpp"
#include "cli/stop.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kInternal = 70;

int list_faults(const Session& session) {
  std::string out;
  for (const demo::Fault& fault : demo::faults())
    out += fmt::format("{:<32} {}\n", fault.finding, fault.what);
  return print(session, out);
}

void require_fault(const std::string& fault) {
  std::vector<std::string_view> known;
  for (const demo::Fault& one : demo::faults()) {
    if (one.finding == fault) return;
    known.push_back(one.finding);
  }
  const std::string near = nearest(fault, known);
  throw UsageError{"--fault " + printable(fault, 60) + ": not among the faults" +
                   (near.empty() ? " (lkdoctor demo --list-faults)" : "; did you mean " + near + "?")};
}

/// The stand-in alone counts: nothing of this process's environment takes part.
config::Inputs inputs_of(const Session& session, const demo::StandIn& stand_in) {
  config::Inputs inputs;
  inputs.options.controller = stand_in.controller_file();
  inputs.options.livekit = stand_in.livekit_file();
  inputs.options.ca_file = {stand_in.ca_file()};
  inputs.options.resolve = {std::string(demo::StandIn::kHost) + ":" + std::to_string(stand_in.https_port()) +
                            ":127.0.0.1"};
  // Not livekit-host: what else runs on this machine has no part in it.
  inputs.options.vantage = "inside";
  inputs.options.audience = "lan";
  inputs.options.format = session.arguments.options.format;
  inputs.options.output = session.arguments.options.output;
  inputs.options.record = session.arguments.options.record;
  inputs.options.verbose = session.arguments.options.verbose;
  inputs.options.quiet = session.arguments.options.quiet;
  inputs.options.color = session.arguments.options.color;
  inputs.system_folder = "/nonexistent";
  return inputs;
}

/// What the stand-in cannot serve is said, and no verdict rests on it.
void leave_out_media(Report& report) {
  report.not_tested.push_back(
      {"audio and video", "the stand-in carries no media", "run lkdoctor check against a deployment"});
  report.verdict = verdict_of(report.checks, true);
  if (report.diagnoses.empty())
    report.summary = "no problem in what the stand-in serves; audio and video were not tested.";
}

/// True if the run said what it had to.
bool as_expected(const Report& report, const std::string& fault) {
  if (!fault.empty()) return !report.diagnoses.empty() && report.diagnoses.front().finding.id == fault;
  return report.diagnoses.empty();
}

}  // namespace

int run_demo(const Session& session) {
  const std::string& fault = session.arguments.fault;
  if (!session.arguments.positionals.empty())
    throw UsageError{"demo takes no target: lkdoctor demo --fault ID"};
  if (session.arguments.list_faults) return list_faults(session);
  if (!fault.empty()) require_fault(fault);
  StopSignals stop;
  const demo::StandIn stand_in(fault);
  const config::Loaded loaded = config::load(inputs_of(session, stand_in));
  if (loaded.error) throw std::runtime_error("the stand-in's files: " + loaded.error->message);
  Outputs outputs(loaded.output, session, 1);
  const engine::Selection selection{{}, {"media", "turn"}};
  RunResult result =
      run_deployment(loaded.deployment, selection, session.checks, {stop.descriptor(), !loaded.output.quiet});
  if (const int signalled = stop.exit_status()) return signalled;
  const std::string& record = loaded.output.record;
  const Redactor redactor = redactor_for(loaded.deployment);
  if (!record.empty() && !write_recording(record, result.recording, redactor)) return kInternal;
  leave_out_media(result.report);
  const int status = as_expected(result.report, fault) ? 0 : kInternal;
  if (!outputs.write(result.report, status)) return kInternal;
  if (status != 0) complain("the stand-in was not judged as it should be: this is a defect of lkdoctor");
  return status;
}

}  // namespace lkdoctor::cli
