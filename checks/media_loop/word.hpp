// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <fmt/format.h>

#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/audio_loop.hpp>

/// LiveKit's own word on a test call, beside what was heard.
namespace lkdoctor::checks {

inline constexpr int kEnoughToCompare = 1'000;  // packets: LiveKit's word is on five seconds
inline constexpr double kNoLoss = 0.01;

inline Json word_or_null(std::string_view word) {
  return word.empty() ? Json() : Json(word);
}

/// LiveKit's own word, as far as it was asked for; "leave" where LiveKit ended the session.
inline Json livekits_word(const probes::AudioLoop& loop) {
  Json out = Json::object();
  const auto side = [&](const probes::MediaReport& report, const std::string& quality) {
    const auto& reason = report.signalling.leave_reason;
    return Json{{"state", word_or_null(loop.word.state_of(report.signalling.identity))},
                {"quality", word_or_null(quality)},
                {"leave", reason ? Json(proto::leave_reason_name(*reason)) : Json()}};
  };
  out["publisher"] = side(loop.publisher, loop.word.publisher_quality);
  out["subscriber"] = side(loop.subscriber, loop.word.subscriber_quality);
  return out;
}

/// What breaks later than a test call lasts does not show in it.
inline void state_length(const probes::AudioLoop& loop, const Deployment& deployment, Judgement& judgement) {
  if (loop.was_cut()) return;
  const auto lasted = std::chrono::ceil<std::chrono::seconds>(loop.last_heard.value_or(Microseconds(0)));
  const bool thorough = deployment.run.thorough;
  judgement.not_tested(fmt::format("calls longer than {} s", lasted.count()),
                       thorough ? "a media flow that is cut later does not show"
                                : "a media flow or a WebSocket that is cut later does not show",
                       thorough ? "hold a call for some minutes" : "--thorough holds both longer");
}

/// Ours and LiveKit's word on the same six seconds.
inline void judge_word(const probes::AudioLoop& loop, Judgement& judgement) {
  const auto ratio = loop.loss_ratio();
  if (loop.expected < kEnoughToCompare || !ratio || *ratio > kNoLoss) return;
  std::string said;
  const auto compare = [&](std::string_view who, const probes::MediaReport& report,
                           const std::string& quality) {
    const std::string state = loop.word.state_of(report.signalling.identity);
    const bool gone = !loop.word.participants.empty() && (state.empty() || state == "DISCONNECTED");
    const bool bad = quality == "poor" || quality == "lost";
    const std::string comma = said.empty() ? "" : ", ";
    if (gone) said += comma + fmt::format("the {} is not in the room", who);
    if (bad) said += comma + fmt::format("the {}'s connection is {}", who, quality);
  };
  compare("speaker", loop.publisher, loop.word.publisher_quality);
  compare("listener", loop.subscriber, loop.word.subscriber_quality);
  if (said.empty()) return;
  judgement.raise(findings::livekit_sees_otherwise, loop.publisher.signalling.url)
      .saying(fmt::format("{} of {} audio packets came back, and LiveKit says: {}.", loop.delivered,
                          loop.expected, said))
      .with("packets_sent", loop.expected)
      .with("packets_heard", loop.delivered)
      .with("livekit_says", said);
}

}  // namespace lkdoctor::checks
