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
  proto::TokenFault fault = proto::TokenFault::none;
};
LKDOCTOR_JSON(LadderStep, by_expiry, not_before, expires, sent_at_ms, received_at_ms, accepted, fault)

struct ClockBounds {
  std::optional<double> lower, upper;  ///< seconds, LiveKit minus this machine

  bool settled() const { return lower && upper; }
  double width() const { return settled() ? *upper - *lower : 1e18; }
  std::optional<double> middle() const;
};
/// As if each request took as long as its answer.
ClockBounds bounds_of(const std::vector<LadderStep>& steps);
/// Whatever of the time was spent which way: nothing outside is possible.
ClockBounds sure_bounds_of(const std::vector<LadderStep>& steps);

/// What is known before the ladder: how LiveKit took a token valid from 30 s ago for 60 s.
enum class FirstHint { accepted, too_early, too_late };

/// Tokens of the first round, for `now` (seconds since 1970).
std::vector<LadderStep> first_steps(FirstHint hint, std::int64_t now);
/// Tokens that divide what is left; empty if it is one second already. `guess`: an offset that is worth a
/// closer look, such as the Date header's.
std::vector<LadderStep> finer_steps(const ClockBounds& bounds, std::optional<double> guess, std::int64_t now);

/// One token and when to send it, so that its answer halves what is left of the second: LiveKit compares its
/// clock, with fractions, with whole seconds of the token, and so each of its seconds offers one edge.
struct TimedStep {
  LadderStep step;
  std::int64_t send_at_ms = 0;  ///< wall clock of this machine
};
/// nullopt: the offset is known to 10 ms, or as well as round trips of this length allow.
std::optional<TimedStep> halving_step(const ClockBounds& bounds, std::int64_t now_ms,
                                      std::int64_t round_trip_ms);

/// Date of an answer (RFC 9110 §5.6.7), seconds since 1970.
std::optional<std::int64_t> date_of(const proto::HttpAnswer& answer);

}  // namespace lkdoctor::probes
