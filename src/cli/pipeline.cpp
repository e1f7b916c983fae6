// SPDX-License-Identifier: EUPL-1.2
#include "cli/pipeline.hpp"

#include <algorithm>

#include "cli/progress.hpp"
#include "diagnosis/diagnose.hpp"
#include "engine/collect.hpp"
#include "engine/judge.hpp"
#include "engine/vantage.hpp"
#include "model/secrets.hpp"
#include "report/redact.hpp"

namespace lkdoctor::cli {

RunResult run_deployment(Deployment deployment, const engine::Selection& selection,
                         const engine::CheckList& checks, const RunOptions& options) {
  engine::settle_before(deployment, net::look_around());
  const auto plan = engine::make_plan(checks, deployment, selection);
  const auto runs = std::ranges::count_if(
      plan, [](const engine::PlannedCheck& planned) { return !planned.left_out && !planned.skip_reason; });
  ProgressLine line(options.progress, static_cast<std::size_t>(runs));
  engine::CollectOptions collecting;
  collecting.stop_fd = options.stop_fd;
  collecting.on_progress = [&](const engine::Progress& progress) { line.show(progress); };

  RunResult result;
  result.recording = engine::collect(plan, deployment, collecting);
  result.recording.only = selection.only;
  result.recording.skip = selection.skip;
  line.clear();
  result.report = engine::judge(checks, result.recording, deployment);
  if (result.recording.interrupted) {
    result.report.notes.push_back("stopped by a signal: what had not ended is unknown");
  }
  Facts facts;
  for (const auto& [name, value] : result.recording.facts) facts.set(name, value);
  diagnosis::diagnose(result.report, facts);
  report::redact(result.report, redactor_for(deployment.secrets));
  return result;
}

}  // namespace lkdoctor::cli
