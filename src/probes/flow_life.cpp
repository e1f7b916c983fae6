// SPDX-License-Identifier: EUPL-1.2
#include "probes/flow_life.hpp"

#include <algorithm>

namespace lkdoctor::probes {
namespace {

constexpr std::array<std::uint16_t, 6> kSteps{3, 5, 10, 15, 30, 60};
constexpr std::size_t kFlowsOfStep = 4;  // all of them lost by chance: one in ten thousand at 10 %
constexpr double kTooMuchLoss = 0.1;
constexpr double kPace = 500;
constexpr Milliseconds kReserve{2'000};

/// Of what is left of the check's time and of the responder's.
std::chrono::seconds time_left(const Probe& probe, const SweepSession& session, Microseconds greeted_for) {
  using std::chrono::seconds;
  const auto ours = std::chrono::floor<seconds>(probe.deadline() - Clock::now() - kReserve);
  const auto there = seconds(session.welcome().seconds_left) - std::chrono::ceil<seconds>(greeted_for);
  return std::min(ours, there);
}

}  // namespace

awaitable<void> try_flows(Probe& probe, SweepSession* session, std::vector<std::uint16_t> open,
                          PortSweep* out) {
  if (out->loss_ratio.value_or(0) > kTooMuchLoss) co_return;
  const std::chrono::seconds left = time_left(probe, *session, out->last_heard);
  SweepVolley fresh{{}, {}, kPace};
  std::vector<LateFlow> flows;
  for (const std::uint16_t seconds : kSteps) {
    const bool fits = std::chrono::seconds(seconds) < left && flows.size() + kFlowsOfStep <= open.size();
    if (!fits) continue;
    for (std::size_t i = 0; i < kFlowsOfStep; ++i) {
      flows.push_back({open[flows.size()], seconds});
      fresh.ports.push_back(flows.back().port);
    }
  }
  if (flows.empty()) co_return;
  // A flow with packets both ways is what media has, and is kept longer than one of a single packet.
  const SweepResult result = co_await session->volley(std::move(fresh));
  (void)result;
  const std::set<std::uint16_t> heard = co_await session->hear_later(flows);
  const proto::Ports any{open.front(), open.front()};
  if (heard.size() < flows.size() && !co_await session->is_there(any))
    co_return probe.log("the responder ended while answers of idle flows were awaited");
  for (const LateFlow& flow : flows) {
    if (out->flows.empty() || out->flows.back().seconds != flow.seconds)
      out->flows.push_back({flow.seconds, 0, 0});
    ++out->flows.back().sent;
    out->flows.back().answered += heard.contains(flow.port) ? 1 : 0;
  }
}

}  // namespace lkdoctor::probes
