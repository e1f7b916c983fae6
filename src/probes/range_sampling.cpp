// SPDX-License-Identifier: EUPL-1.2
#include "probes/range_sampling.hpp"

#include <lkdoctor/probes/tokens.hpp>

#include <algorithm>
#include <lkdoctor/net/timer.hpp>

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kSessions = 44;    // 48 with the first ones: of 48 free ports 6 % stay in doubt
constexpr std::size_t kAtOnce = 6;       // a session whose port is blocked holds up its own place alone
constexpr std::size_t kFirstLook = 12;   // all of them failed: the rest would, too
constexpr Milliseconds kReserve{7'000};  // of the check's budget: the longest session, and leaving

struct Sample {
  Probe& probe;
  MediaPlan plan;
  std::size_t left;
  std::vector<MediaReport> reports;

  bool in_vain() const {
    return reports.size() >= kFirstLook && std::ranges::none_of(reports, &MediaReport::connected);
  }
  bool goes_on() const { return left > 0 && !in_vain() && Clock::now() + kReserve < probe.deadline(); }
};

awaitable<void> take_turns(Sample* sample) {
  while (sample->goes_on()) {
    --sample->left;
    MediaReport report = co_await hold_session(sample->probe, sample->plan);
    sample->reports.push_back(std::move(report));
  }
}

}  // namespace

awaitable<void> sample_range(Probe& probe, MediaPlan plan, std::vector<MediaReport>* into) {
  const Deployment& deployment = probe.deployment();
  const bool one_port = deployment.livekit && deployment.livekit->udp_is_mux;
  if (!deployment.run.thorough || !mints_tokens(probe) || one_port) co_return;
  const Deadline begun = Clock::now();
  Sample sample{probe, std::move(plan), kSessions, {}};
  std::vector<awaitable<void>> places;
  for (std::size_t i = 0; i < kAtOnce; ++i) places.push_back(take_turns(&sample));
  co_await net::all(std::move(places));
  std::ranges::move(sample.reports, std::back_inserter(*into));
  probe.phase("sampling", std::chrono::duration_cast<Microseconds>(Clock::now() - begun));
}

}  // namespace lkdoctor::probes
