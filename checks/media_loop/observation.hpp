// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/test_call.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/audio_loop.hpp>
#include <lkdoctor/probes/still_there.hpp>

namespace lkdoctor::checks {

/// Test calls in the order they were tried: UDP, then TCP where nothing was heard.
struct LoopObservation {
  std::vector<probes::AudioLoop> loops;
  probes::Afterwards afterwards;  ///< of joining once more, where nothing was heard, or nothing any longer
};
LKDOCTOR_JSON(LoopObservation, loops, afterwards)

inline constexpr Milliseconds kTcpNeeds{8'000};  ///< time that must be left for a second call

/// We are both ends, with one clock: the way there and back is measured, half of it is an estimate.
inline void log_one_way(Probe& probe, const probes::AudioLoop& loop) {
  const auto one_way = loop.one_way_estimate();
  if (!one_way) return;
  const auto milliseconds = [](Microseconds time) { return static_cast<double>(time.count()) / 1000; };
  probe.log(
      fmt::format("fastest audio packet: {:.2f} ms through LiveKit and back; {:.2f} ms one way, if both ways "
                  "take the same "
                  "(estimate)",
                  milliseconds(*loop.least_delay), milliseconds(*one_way)));
}

inline constexpr const char* kBothWays =
    "Look for a device between here and LiveKit that lets STUN and DTLS pass and drops RTP";

inline const char* remedy_for(bool upwards) {
  return upwards ? "Look for a device that drops RTP on the way from here to LiveKit, at its UDP or TCP port"
                 : "Look for a device that drops RTP on the way from LiveKit to here, the host's own "
                   "firewall for "
                   "outbound packets first";
}

/// Nothing was heard, and the ICE checks that were answered before end as well.
inline void raise_cut_unheard(const probes::AudioLoop& loop, Judgement& judgement) {
  const bool up = loop.publisher.path.was_cut();
  const probes::MediaReport& side = up ? loop.publisher : loop.subscriber;
  judgement.raise(findings::udp_flow_cut, side.peer())
      .saying(fmt::format("A test call over UDP with LiveKit at {} connects and is cut off: none of {} audio "
                          "packets came back, and ICE checks are not answered any more ({} since)",
                          side.peer(), loop.sent, side.path.sent - side.path.sent_until_last_answer))
      .with("side", up ? "speaker" : "listener")
      .with("packets_heard", 0)
      .with("unanswered_since", side.path.sent - side.path.sent_until_last_answer);
}

inline void raise_cut(const probes::AudioLoop& loop, Judgement& judgement) {
  if (loop.delivered == 0) return raise_cut_unheard(loop, judgement);
  const std::string peer = loop.publisher.peer();
  const auto lasted = loop.last_heard.value_or(Microseconds(0)).count() / 1000;
  const int since = loop.expected - loop.expected_until_last;
  judgement.raise(findings::udp_flow_cut, peer)
      .saying(
          fmt::format("Audio through LiveKit at {} is cut off after {} ms: {} packets came back, and then "
                      "none of {}",
                      peer, lasted, loop.delivered, since))
      .with("packets_heard", loop.delivered)
      .with("unheard_since", since)
      .with("cut_after_ms", lasted);
}

inline awaitable<void> try_loops(Probe& probe, LoopObservation* out) {
  LoopObservation& observation = *out;
  probes::LoopPatience patience;
  patience.ice = Milliseconds(2'000);
  patience.first_packet = Milliseconds(2'500);
  const Deadline begun = Clock::now();
  auto udp = co_await probes::run_audio_loop(probe, probes::Transport::udp, patience);
  probe.phase("udp", std::chrono::duration_cast<Microseconds>(Clock::now() - begun));
  const bool heard = udp.delivered > 0, joined = udp.publisher.stage != probes::MediaStage::signalling;
  log_one_way(probe, udp);
  observation.loops.push_back(std::move(udp));
  if (heard || !joined || Clock::now() + kTcpNeeds > probe.deadline()) co_return;
  const Deadline again = Clock::now();
  auto tcp = co_await probes::run_audio_loop(probe, probes::Transport::tcp, patience);
  probe.phase("tcp", std::chrono::duration_cast<Microseconds>(Clock::now() - again));
  log_one_way(probe, tcp);
  observation.loops.push_back(std::move(tcp));
}

inline facts::TestCall call_of(const LoopObservation& observation) {
  facts::TestCall call;
  for (const probes::AudioLoop& loop : observation.loops) {
    const int there =
        (loop.publisher.signalling.joined_after ? 1 : 0) + (loop.subscriber.signalling.joined_after ? 1 : 0);
    call.participants = std::max(call.participants, there);
    call.opus_heard |= loop.delivered > 0;
    constexpr int kNoLuck = 20;  // of half of them, so many do not come by chance
    call.whole |= loop.transport == probes::Transport::udp && loop.expected >= kNoLuck &&
                  loop.delivered == loop.expected;
  }
  return call;
}

inline awaitable<LoopObservation> observe_loops(Probe& probe) {
  LoopObservation observation;
  co_await try_loops(probe, &observation);
  probe.publish(facts::test_call, call_of(observation));
  std::optional<Microseconds> joined;
  for (const probes::AudioLoop& loop : observation.loops) {
    joined = std::max(joined, loop.publisher.signalling.joined_after);
  }
  const bool heard = std::ranges::any_of(
      observation.loops, [](const probes::AudioLoop& loop) { return loop.delivered > 0 && !loop.was_cut(); });
  if (joined && !heard) observation.afterwards = co_await probes::ask_again(probe, joined);
  co_return observation;
}

}  // namespace lkdoctor::checks
