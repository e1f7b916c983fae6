// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/load.hpp"
#include "engine/plan.hpp"
#include "model/recording.hpp"
#include "model/report.hpp"

namespace lkdoctor::cli {

/// As in config::Loaded; empty: the file stays judged as it was read.
using JudgeAs = decltype(config::Loaded::livekit_as_of);

struct RunOptions {
  int stop_fd = -1;
  bool progress = false;
  JudgeAs livekit_as_of = {};
  Clock::time_point begun = Clock::now();  ///< of the run
};

struct RunResult {
  Report report;  ///< diagnosed and redacted: ready for any renderer
  Recording recording;
};

/// From what was seen to the report: judge, diagnose, redact. `deployment` has been through
/// engine::settle_before(). Without network; the version that runs is noted in the recording.
Report judge_run(Deployment deployment, Recording& recording, const engine::CheckList& checks,
                 const JudgeAs& livekit_as_of);

/// The whole way from a deployment to its report: plan, collect, judge, diagnose, redact.
RunResult run_deployment(Deployment deployment, const engine::Selection& selection,
                         const engine::CheckList& checks, const RunOptions& options);

}  // namespace lkdoctor::cli
