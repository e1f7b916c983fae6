// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <poll.h>
#include <unistd.h>

#include "engine/workshop.hpp"
#include "unit/engine/collectors.hpp"
#include "unit/engine/fake.hpp"

namespace lkdoctor::test {

/// The target that checks misbehave at.
inline bool is_bad(const Probe& probe) {
  return probe.deployment().run.thorough;
}

/// Which worker ran it.
inline awaitable<Json> tell_process(Probe&) {
  co_await collectors::pause(Milliseconds(1));
  co_return Json(getpid());
}
inline awaitable<Json> tell_process_slowly(Probe&) {
  co_await collectors::pause(Milliseconds(100));
  co_return Json(getpid());
}

/// A workshop with a good and a bad target, driven by poll() as a loop would.
class Floor {
 public:
  /// `silence`: a busy machine must not look like a worker that hangs.
  explicit Floor(std::vector<const Fake*> fakes, Milliseconds silence = Milliseconds(10'000))
      : plan_(plan_of(fakes)), workshop_({{fakes.begin(), fakes.end()}, {&good_, &bad_}}, limits(silence)) {
    bad_.run.thorough = true;
  }

  engine::JobNumber start(std::size_t target = 0) { return workshop_.start(target, plan_); }
  engine::JobNumber start_only(const Fake& check, std::size_t target = 0) {
    return workshop_.start(target, plan_of({&check}));
  }
  void cancel(engine::JobNumber job) { workshop_.cancel(job); }
  bool is_idle() const { return workshop_.is_idle(); }
  engine::Workshop& workshop() { return workshop_; }

  /// Until `job` has ended; gives its recording.
  Recording wait(engine::JobNumber job) {
    while (!ended_.contains(job)) turn();
    return ended_.extract(job).mapped();
  }
  /// Lets the workshop do what it can, and waits for more if no job has ended of it.
  void turn() {
    auto ended = workshop_.advance();
    for (auto& job : ended) ended_.emplace(job.job, std::move(job.recording));
    if (!ended.empty() || is_idle()) return;
    const auto span = std::chrono::ceil<Milliseconds>(workshop_.next_wake() - Clock::now()).count();
    pollfd event{workshop_.fd(), POLLIN, 0};
    poll(&event, 1, static_cast<int>(std::max(span, Milliseconds::rep{0})));
  }
  /// The process that does `check` next.
  Json process(const Fake& check) {
    return *wait(start_only(check)).collected.at(std::string(check.info().id)).observation;
  }

 private:
  static engine::WorkerLimits limits(Milliseconds silence) {
    engine::WorkerLimits limits = quick().limits;
    limits.silence = silence;
    limits.job_bytes = 2 << 20;
    return limits;
  }
  std::vector<engine::PlannedCheck> plan_;
  Deployment good_, bad_;
  engine::Workshop workshop_;
  std::map<engine::JobNumber, Recording> ended_;
};

}  // namespace lkdoctor::test
