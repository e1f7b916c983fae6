// SPDX-License-Identifier: EUPL-1.2
#include "engine/workshop_loop.hpp"

namespace lkdoctor::engine {

using boost::system::error_code;

WorkshopLoop::WorkshopLoop(const boost::asio::any_io_executor& executor, Scope scope,
                           const WorkerLimits& limits)
    : workshop_(std::move(scope), limits), ready_(executor, workshop_.fd()), bell_(executor) {
  listen();
}

WorkshopLoop::~WorkshopLoop() {
  ready_.release();  // the descriptor is the workshop's
}

JobNumber WorkshopLoop::start(std::size_t target, std::vector<PlannedCheck> plan, JobOptions options,
                              Done done) {
  const JobNumber job = workshop_.start(target, std::move(plan), std::move(options));
  waiting_.emplace(job, std::move(done));
  ring({});
  return job;
}

void WorkshopLoop::cancel(JobNumber job) {
  workshop_.cancel(job);
  ring({});
}

void WorkshopLoop::stop(Milliseconds patience) {
  waiting_.clear();
  workshop_.stop(patience);
}

void WorkshopLoop::listen() {
  ready_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this, alive = std::weak_ptr(alive_)](error_code error) {
                      if (error || alive.expired()) return;
                      advance();
                      listen();
                    });
}

void WorkshopLoop::ring(Deadline when) {
  bell_.expires_at(when);
  bell_.async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
    if (!error && !alive.expired()) advance();
  });
}

void WorkshopLoop::advance() {
  for (Workshop::Ended& ended : workshop_.advance()) {
    const auto done = waiting_.extract(ended.job);
    done.mapped()(std::move(ended.recording));
  }
  ring(workshop_.next_wake());
}

}  // namespace lkdoctor::engine
