// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/livekit_http.hpp>
#include <optional>
#include <vector>

/// LiveKit's clock, read from where it stops to accept graded tokens. Pure.
///
/// LiveKit allows 60 s on both ends (measured on all versions): a token is accepted while
/// `nbf - 60 <= server time < exp + 60`. So each answer bounds "server minus this machine". Tokens are graded
/// by `nbf` towards a server that is behind and by `exp` towards one that is ahead: then a server with a
/// right clock accepts every one of them, and no healthy run fills LiveKit's log with refusals.
namespace lkdoctor::probes {

struct LadderStep {
  bool by_expiry = false;
  std::int64_t not_before = 0, expires = 0;         ///< of the token, seconds since 1970
  std::int64_t sent_at_ms = 0, received_at_ms = 0;  ///< this machine's wall clock
  std::optional<bool> accepted;                     ///< null: an answer that says nothing about time
};
LKDOCTOR_JSON(LadderStep, by_expiry, not_before, expires, sent_at_ms, received_at_ms, accepted)

struct ClockBounds {
  std::optional<double> lower, upper;  ///< seconds, LiveKit minus this machine

  bool settled() const { return lower && upper; }
  double width() const { return settled() ? *upper - *lower : 1e18; }
  std::optional<double> middle() const;
};
ClockBounds bounds_of(const std::vector<LadderStep>& steps);

/// What is known before the ladder: how LiveKit took a token valid from 30 s ago for 60 s.
enum class FirstHint { accepted, too_early, too_late };

/// Tokens of the first round, for `now` (seconds since 1970).
std::vector<LadderStep> first_steps(FirstHint hint, std::int64_t now);
/// Tokens that divide what is left; empty if it is one second already. `guess`: an offset that is worth a
/// closer look, such as the Date header's.
std::vector<LadderStep> finer_steps(const ClockBounds& bounds, std::optional<double> guess, std::int64_t now);

/// Date of an answer (RFC 9110 §5.6.7), seconds since 1970.
std::optional<std::int64_t> date_of(const proto::HttpAnswer& answer);

}  // namespace lkdoctor::probes
