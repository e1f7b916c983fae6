// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/load.hpp"
#include "engine/plan.hpp"
#include "model/recording.hpp"
#include "model/report.hpp"

namespace lkdoctor::cli {

struct RunOptions {
  int stop_fd = -1;
  bool progress = false;
  decltype(config::Loaded::livekit_as_of) livekit_as_of =
      {};                                  ///< empty: the file stays judged as it was read
  Clock::time_point begun = Clock::now();  ///< of the run
};

struct RunResult {
  Report report;  ///< diagnosed and redacted: ready for any renderer
  Recording recording;
};

/// The whole way from a deployment to its report: plan, collect, judge, diagnose, redact.
RunResult run_deployment(Deployment deployment, const engine::Selection& selection,
                         const engine::CheckList& checks, const RunOptions& options);

}  // namespace lkdoctor::cli
