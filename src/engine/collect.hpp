// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "engine/plan.hpp"
#include "model/recording.hpp"

namespace lkdoctor::engine {

struct Progress {
  std::string check;  ///< id
  enum class Step { started, finished } step;
};

struct CollectOptions {
  std::function<void(const Progress&)> on_progress;  ///< may be empty; called on the parent's thread
  int stop_fd = -1;  ///< readable: stop now and give back what is known (Ctrl-C); -1: never
};

/// Runs every planned check that is neither left out nor skipped, in parallel, facts first, each within its
/// budget and all within `deployment.run.deadline`. Always returns; what did not end is in it with its
/// reason.
Recording collect(const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                  const CollectOptions& options);

}  // namespace lkdoctor::engine
