// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/collecting.hpp"
#include "engine/worker.hpp"

namespace lkdoctor::engine {

struct CollectOptions {
  std::function<void(const Progress&)> on_progress;  ///< may be empty; called on the parent's thread
  int stop_fd = -1;  ///< readable: stop now and give back what is known (Ctrl-C); -1: never
  WorkerLimits limits;
  Clock::time_point begun = Clock::now();  ///< of the run, of which something may have passed already
};

/// Runs every planned check that is neither left out nor skipped, in parallel, facts first, each within its
/// budget and all within `deployment.run.deadline`. Always returns; what did not end is in it with its
/// reason. Checks run in a child process: one that crashes, hangs or eats the memory costs only itself.
/// After a stop it returns within 200 ms; the child may use one more second to clean up (leave rooms).
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
Recording collect(const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                  const CollectOptions& options);

}  // namespace lkdoctor::engine
