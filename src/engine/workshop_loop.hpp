// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/driven.hpp"
#include "engine/workshop.hpp"

namespace lkdoctor::engine {

/// A workshop that an Asio loop drives.
class WorkshopLoop {
 public:
  /// Takes a job's recording, on the loop. It may start and cancel jobs; it must not destroy this.
  using Done = std::function<void(Recording)>;

  /// As Workshop. REQUIRES: one thread runs the loop, and forgets it when it forks: the worker does.
  WorkshopLoop(const boost::asio::any_io_executor& executor, Scope scope, const WorkerLimits& limits = {});
  ~WorkshopLoop() = default;  ///< kills what runs; no `done` is called any more
  WorkshopLoop(const WorkshopLoop&) = delete;
  WorkshopLoop& operator=(const WorkshopLoop&) = delete;

  /// `done` is called once, never from inside this.
  JobNumber start(std::size_t target, std::vector<PlannedCheck> plan, JobOptions options, Done done);
  void cancel(JobNumber job);  ///< its `done` is called with what there is
  /// Ends all jobs at once; no `done` is called any more. Workers have `patience` to leave their rooms.
  void stop(Milliseconds patience);
  bool is_idle() const { return workshop_.is_idle(); }

 private:
  Deadline advance();

  Workshop workshop_;
  std::map<JobNumber, Done> waiting_;
  Driven driven_;
};

}  // namespace lkdoctor::engine
