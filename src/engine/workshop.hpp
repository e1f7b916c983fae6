// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/bench.hpp"

namespace lkdoctor::engine {

/// Runs many jobs, each a plan against one target, in one resident worker. A check that crashes, hangs,
/// floods or eats the memory costs its own job that check, and the other jobs a second start of what they had
/// running. Where it is not plain whose fault it was, each job that ran gets a worker of its own until it
/// ends, one check at a time; and new jobs get a new worker when a check did not react to its cancellation.
///
/// It never blocks: call advance() as soon as fd() is readable or next_wake() has come.
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
class Workshop {
 public:
  struct Ended {
    JobNumber job;
    Recording recording;
  };

  /// What `scope` refers to must outlive this and stay as it is. Throws std::system_error.
  explicit Workshop(Scope scope, const WorkerLimits& limits = {});
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  /// Runs every check of `plan` that is neither left out nor skipped, in parallel, facts first, each within
  /// its budget and all within the deadline of the target's deployment. Facts of a job are seen by no other.
  /// REQUIRES: `target` is a place in the scope; the checks of the plan are among the scope's.
  JobNumber start(std::size_t target, std::vector<PlannedCheck> plan, JobOptions options = {});
  /// Its recording still comes, as interrupted: with its checks' ends, as far as they come within the grace;
  /// they leave their rooms. Nothing happens if it has ended.
  void cancel(JobNumber job);

  /// Does what can be done now; gives each job once, when it has ended. After start() and cancel(), too.
  std::vector<Ended> advance();
  int fd() const noexcept { return watch_.fd(); }  ///< the same for life
  Deadline next_wake() const;                      ///< the epoch: at once; max(): only fd() says
  bool is_idle() const;

  /// Ends all jobs at once, without what runs. Workers clean up by themselves (leave rooms) within 1 s; they
  /// are waited for no longer than `patience` each.
  std::vector<Ended> stop(Milliseconds patience);

 private:
  Bench& open_bench();
  static void move_ended(Bench& bench, std::vector<Ended>& into);

  const Scope scope_;
  const WorkerLimits limits_;
  const Watch watch_;
  std::vector<std::unique_ptr<Bench>> benches_;
  JobNumber last_job_ = 0;
  Deadline expected_ = Deadline::max();  ///< when the next advance() was due
};

}  // namespace lkdoctor::engine
