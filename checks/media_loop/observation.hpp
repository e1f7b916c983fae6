// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/audio_loop.hpp>
#include <lkdoctor/probes/still_there.hpp>

namespace lkdoctor::checks {

/// Test calls in the order they were tried: UDP, then TCP where nothing was heard.
struct LoopObservation {
  std::vector<probes::AudioLoop> loops;
  probes::Afterwards afterwards;  ///< of joining once more, where nothing was heard
};
LKDOCTOR_JSON(LoopObservation, loops, afterwards)

inline constexpr Milliseconds kTcpNeeds{8'000};  ///< time that must be left for a second call

inline awaitable<void> try_loops(Probe& probe, LoopObservation* out) {
  LoopObservation& observation = *out;
  probes::LoopPatience patience;
  patience.ice = Milliseconds(2'000);
  patience.first_packet = Milliseconds(2'500);
  const Deadline begun = Clock::now();
  auto udp = co_await probes::run_audio_loop(probe, probes::Transport::udp, patience);
  probe.phase("udp", std::chrono::duration_cast<Microseconds>(Clock::now() - begun));
  const bool heard = udp.delivered > 0, joined = udp.publisher.stage != probes::MediaStage::signalling;
  observation.loops.push_back(std::move(udp));
  if (heard || !joined || Clock::now() + kTcpNeeds > probe.deadline()) co_return;
  const Deadline again = Clock::now();
  auto tcp = co_await probes::run_audio_loop(probe, probes::Transport::tcp, patience);
  probe.phase("tcp", std::chrono::duration_cast<Microseconds>(Clock::now() - again));
  observation.loops.push_back(std::move(tcp));
}

inline awaitable<LoopObservation> observe_loops(Probe& probe) {
  LoopObservation observation;
  co_await try_loops(probe, &observation);
  std::optional<Microseconds> joined;
  for (const probes::AudioLoop& loop : observation.loops) {
    joined = std::max(joined, loop.publisher.signalling.joined_after);
  }
  const bool heard = std::ranges::any_of(observation.loops,
                                         [](const probes::AudioLoop& loop) { return loop.delivered > 0; });
  if (joined && !heard) observation.afterwards = co_await probes::ask_again(probe, joined);
  co_return observation;
}

}  // namespace lkdoctor::checks
