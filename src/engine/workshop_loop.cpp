// SPDX-License-Identifier: EUPL-1.2
#include "engine/workshop_loop.hpp"

namespace lkdoctor::engine {

WorkshopLoop::WorkshopLoop(const boost::asio::any_io_executor& executor, Scope scope,
                           const WorkerLimits& limits)
    : workshop_(std::move(scope), limits), driven_(executor, workshop_.fd(), [this] { return advance(); }) {}

JobNumber WorkshopLoop::start(std::size_t target, std::vector<PlannedCheck> plan, JobOptions options,
                              Done done) {
  const JobNumber job = workshop_.start(target, std::move(plan), std::move(options));
  waiting_.emplace(job, std::move(done));
  driven_.stir();
  return job;
}

void WorkshopLoop::cancel(JobNumber job) {
  workshop_.cancel(job);
  driven_.stir();
}

void WorkshopLoop::stop(Milliseconds patience) {
  waiting_.clear();
  workshop_.stop(patience);
}

Deadline WorkshopLoop::advance() {
  for (Workshop::Ended& ended : workshop_.advance()) {
    const auto done = waiting_.extract(ended.job);
    done.mapped()(std::move(ended.recording));
  }
  return workshop_.next_wake();
}

}  // namespace lkdoctor::engine
