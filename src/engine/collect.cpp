// SPDX-License-Identifier: EUPL-1.2
#include "engine/collect.hpp"

#include <poll.h>

#include <algorithm>
#include <array>

#include "engine/workshop.hpp"

namespace lkdoctor::engine {
namespace {

constexpr Milliseconds kStopPatience{100};

Scope scope_of(const std::vector<PlannedCheck>& plan, const Deployment& deployment) {
  Scope scope{{}, {&deployment}};
  for (const PlannedCheck& planned : plan) scope.checks.push_back(planned.check);
  return scope;
}

/// Waits for the workshop or the stop. False: stop.
bool wait(const Workshop& workshop, int stop_fd) {
  std::array<pollfd, 2> events{pollfd{workshop.fd(), POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  const auto span = std::chrono::ceil<Milliseconds>(workshop.next_wake() - Clock::now());
  poll(events.data(), events.size(), static_cast<int>(std::max(span.count(), Milliseconds::rep{0})));
  return events[1].revents == 0;
}

}  // namespace

Recording collect(const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                  const CollectOptions& options) {
  Workshop workshop(scope_of(plan, deployment), options.limits);
  workshop.start(0, plan, {options.on_progress, options.begun});
  for (;;) {
    auto ended = workshop.advance();
    if (ended.empty() && !wait(workshop, options.stop_fd)) ended = workshop.stop(kStopPatience);
    if (!ended.empty()) return std::move(ended.front().recording);
  }
}

}  // namespace lkdoctor::engine
