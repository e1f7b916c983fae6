// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <lkdoctor/proto/port_test.hpp>
#include <lkdoctor/text.hpp>

#include "cli/carrying.hpp"
#include "cli/commands.hpp"
#include "cli/outputs.hpp"
#include "cli/pipeline.hpp"
#include "cli/stop.hpp"
#include "model/groups.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kInternal = 70;

/// Contract §2: 70, 1, 3, 2, 0.
int worse(int left, int right) {
  constexpr std::array<int, 5> kOrder{0, 2, 3, 1, kInternal};
  return std::ranges::find(kOrder, left) > std::ranges::find(kOrder, right) ? left : right;
}

class Run {
 public:
  Run(const Session& session, std::vector<config::Loaded> targets)
      : session_(session),
        targets_(std::move(targets)),
        output_(targets_.front().output),
        outputs_(output_, session, targets_.size()) {}

  int all() {
    int status = 0;
    for (config::Loaded& target : targets_) {
      status = worse(status, one(target));
      if (const int signalled = stop_.exit_status()) return signalled;
    }
    return status;
  }

 private:
  int one(config::Loaded& target) {
    const engine::Selection selection{output_.only, output_.skip};
    const auto begun = Clock::now();
    try {
      const Carrying carrying(target.deployment, selection, session_.checks, stop_.descriptor());
      return told(target, selection, begun);
    } catch (const std::exception& error) {
      complain("internal error: " + redactor_for(target.deployment).clean(error.what()));
      return kInternal;
    }
  }

  int told(config::Loaded& target, const engine::Selection& selection, Clock::time_point begun) {
    pass_key_on(target.deployment);
    RunResult result = run_deployment(target.deployment, selection, session_.checks,
                                      {stop_.descriptor(), !output_.quiet, target.livekit_as_of, begun});
    const int judged = exit_status(result.report, output_.fail_on);
    const int signalled = stop_.exit_status();
    const int status = signalled != 0 ? signalled : output_.exit_zero ? 0 : judged;
    bool written = outputs_.write(result.report, status);
    if (!written) complain("the report cannot be written");
    const std::string& record = output_.record;
    if (!record.empty())
      written &= write_recording(record, result.recording, redactor_for(target.deployment));
    return written ? (signalled != 0 ? 0 : status) : kInternal;
  }

  /// The code is good once: what the responder gave in its place is for the other targets, too.
  void pass_key_on(const Deployment& from) {
    if (from.secrets.carried_key.empty()) return;
    for (config::Loaded& other : targets_) {
      if (other.deployment.run.responder == from.run.responder)
        other.deployment.secrets.carried_key = from.secrets.carried_key;
    }
  }

  const Session& session_;
  std::vector<config::Loaded> targets_;
  config::OutputSettings output_;
  StopSignals stop_;
  Outputs outputs_;
};

}  // namespace

std::vector<config::Loaded> load_targets(const Session& session) {
  std::vector<std::string> names = session.arguments.positionals;
  if (std::ranges::find(names, "") != names.end()) throw UsageError{"an empty TARGET: give a URL or a name"};
  std::vector<config::Loaded> loaded;
  if (names.empty() || session.arguments.options.all) {
    loaded.push_back(config::load(inputs_for(session, "")));
    const config::Loaded& first = loaded.front();
    if (!first.output.all) return loaded;
    // Without a target of its own that load may find nothing to check; the names are what counts.
    if (first.target_names.empty()) {
      if (first.error && first.error->exit_status != 64) return loaded;
      throw UsageError{"--all: no target is configured (a [[target]] table in lkdoctor.toml)"};
    }
    names = first.target_names;
    loaded.clear();
  }
  for (const std::string& name : names) {
    loaded.push_back(config::load(inputs_for(session, name)));
    if (loaded.back().error) break;
  }
  return loaded;
}

int show_targets(const Session& session,
                 std::string (*show)(config::Loaded& target, const Session& session, bool json)) {
  const std::string& command = session.arguments.command;
  if (session.arguments.positionals.size() > 1) throw UsageError{command + " shows one target at a time"};
  const bool json = single_format(session, {"text", "json"}) == "json";
  std::vector<config::Loaded> targets = load_targets(session);
  if (json && targets.size() > 1) throw UsageError{"--format json shows one target; for several use text"};
  std::string out;
  for (config::Loaded& target : targets) {
    if (target.error) {
      complain(target.error->message);
      return target.error->exit_status;
    }
    if (targets.size() > 1) out += (out.empty() ? "" : "\n") + printable(target.deployment.name, 100) + ":\n";
    out += show(target, session, json);
  }
  return print(session, out);
}

void require_known(const std::vector<std::string>& patterns, const engine::CheckList& checks) {
  std::vector<std::string_view> known;
  for (const std::string_view group : group_order()) known.push_back(group);
  for (const auto& check : checks) known.push_back(check->info().id);
  for (const FindingEntry& entry : finding_catalogue()) known.push_back(entry.definition->id);
  for (const std::string& pattern : patterns) {
    const bool any =
        std::ranges::any_of(known, [&](std::string_view id) { return matches_glob(pattern, id); });
    if (any) continue;
    const std::string near = nearest(pattern, known);
    throw UsageError{"no check, group or finding is called \"" + printable(pattern, 60) + "\"" +
                     (near.empty() ? "; see lkdoctor list checks" : "; did you mean " + near + "?")};
  }
}

namespace {

/// --pair: the code is asked for where nobody else reads along; never on the command line.
void ask_for_code(std::vector<config::Loaded>& targets) {
  Secret code;
  for (config::Loaded& target : targets) {
    Deployment::Secrets& secrets = target.deployment.secrets;
    if (!target.output.pair && secrets.pairing_code.empty()) continue;
    if (target.deployment.run.responder.empty()) {
      if (target.output.pair) throw UsageError{"--pair needs --responder HOST"};
      continue;  // a code in the environment, and nobody to whom it could be said
    }
    if (secrets.pairing_code.empty() && code.empty()) {
      if (isatty(STDIN_FILENO) != 0) write_all(STDERR_FILENO, "code shown by `lkdoctor respond`: ");
      std::string line;
      if (!std::getline(std::cin, line))
        throw UsageError{"--pair: stdin ended without the code; type it there, or set LKDOCTOR_PAIRING_CODE"};
      code = Secret(std::move(line));
    }
    if (secrets.pairing_code.empty()) secrets.pairing_code = code;
    if (!proto::key_of_code(secrets.pairing_code))
      throw UsageError{"that is no pairing code: 13 letters and digits, as in 4KQ7-2TXM-5CWP-A"};
  }
}

}  // namespace

int run_check(const Session& session) {
  std::vector<config::Loaded> targets = load_targets(session);
  for (const config::Loaded& target : targets) {
    if (!target.error) continue;
    complain(target.error->message);
    return target.error->exit_status;
  }
  require_known(targets.front().output.only, session.checks);
  require_known(targets.front().output.skip, session.checks);
  ask_for_code(targets);
  return Run(session, std::move(targets)).all();
}

}  // namespace lkdoctor::cli
