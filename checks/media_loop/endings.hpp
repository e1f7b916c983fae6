// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/audio_loop.hpp>

/// A test call that LiveKit itself did not let happen, or ended: no fault of the way of media.
namespace lkdoctor::checks {

/// Somebody's decision. Other reasons may be what lost packets lead to, and are no cause.
inline bool was_decided(int reason) {
  constexpr std::array kDecisions{2, 3, 4, 5, 10};  // see proto::leave_reason_name()
  return std::ranges::find(kDecisions, reason) != kDecisions.end();
}

/// LiveKit told one side to leave while both were connected: what was not heard after that is nobody's loss.
/// True: it was raised.
inline bool judge_ended(const probes::AudioLoop& loop, Judgement& judgement) {
  constexpr int kDuplicateIdentity = 2;
  const probes::SignalReport &speaker = loop.publisher.signalling, &listener = loop.subscriber.signalling;
  const auto reason = speaker.leave_reason ? speaker.leave_reason : listener.leave_reason;
  if (!reason || !was_decided(*reason)) return false;
  const bool duplicate = *reason == kDuplicateIdentity;
  const std::string name(proto::leave_reason_name(*reason));
  const std::string who = !speaker.leave_reason ? "listener" : (listener.leave_reason ? "both" : "speaker");
  judgement
      .raise(duplicate ? findings::duplicate_identity_kick : findings::session_ended_by_livekit, speaker.url)
      .saying(duplicate
                  ? "Somebody else joined as the same participant, and LiveKit ended the test call for it."
                  : "LiveKit ended the test call by itself: " + name + ".")
      .with("reason", name)
      .with("who", who)
      .with("packets_heard", loop.delivered);
  if (loop.delivered == 0) judgement.could_not_tell("LiveKit ended the test call before it was heard");
  return true;
}

/// The first participant came in, and LiveKit answered the second with an error of its own.
inline bool judge_refused_second(const probes::AudioLoop& loop, Judgement& judgement) {
  constexpr int kServerError = 500;
  const probes::SignalReport &first = loop.publisher.signalling, &second = loop.subscriber.signalling;
  if (!first.joined_after || second.status != kServerError) return false;
  judgement.raise(findings::join_refused, second.url)
      .sure(Confidence::likely)
      .saying(
          fmt::format("LiveKit at {} lets one participant into a room and refuses the second: HTTP {}. No "
                      "two people can meet.",
                      second.url, second.status))
      .change(
          "Look at room.max_participants and limit in LiveKit's configuration, and at its log of this "
          "minute; then restart LiveKit")
      .with("status", second.status)
      .with("participants_in_the_room", 1);
  return true;
}

/// LiveKit's answer to our offer leaves Opus out: no packet of ours can come through.
inline bool judge_no_opus(const probes::AudioLoop& loop, Judgement& judgement) {
  if (loop.delivered > 0 || loop.opus_taken != false) return false;
  judgement.raise(findings::opus_not_enabled, loop.publisher.signalling.url)
      .saying(fmt::format(
          "LiveKit at {} takes no Opus: its answer to an offer of Opus leaves it out, and nobody is heard.",
          loop.publisher.signalling.url))
      .with("packets_sent", loop.sent)
      .with("packets_heard", 0);
  return true;
}

}  // namespace lkdoctor::checks
