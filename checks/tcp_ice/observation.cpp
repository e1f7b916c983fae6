// SPDX-License-Identifier: EUPL-1.2
#include "observation.hpp"

namespace lkdoctor::checks::tcp_ice {
namespace {

bool ended(const Opening& opening) {
  return opening.end == End::closed || opening.end == End::reset;
}

State state_of_answer(const std::string& answer) {
  constexpr char kTlsAlert = 0x15;      // RFC 8446 §5.1, ContentType alert
  constexpr char kTlsHandshake = 0x16;  // and handshake
  if (answer.starts_with("HTTP/") || answer.starts_with("<")) return State::http;
  if (answer.size() > 1 && (answer[0] == kTlsAlert || answer[0] == kTlsHandshake) && answer[1] == 3) {
    return State::tls;
  }
  return State::other_service;
}

/// Why a connect failed, as far as its outcome tells.
State state_of_failure(const net::NetOutcome& outcome) {
  switch (outcome.error) {
    case net::NetError::refused:
    case net::NetError::reset:
      return State::refused;
    case net::NetError::network_unreachable:
      return State::no_route;
    case net::NetError::prohibited:
    case net::NetError::host_unreachable:
      return State::rejected;
    default:
      return State::filtered;
  }
}

}  // namespace

State state_of(const Target& target) {
  if (target.speaks_tls) return State::tls;
  if (!target.bare.dialled.outcome.ok()) return state_of_failure(target.bare.dialled.outcome);
  for (const Opening* opening : {&target.bare, &target.stranger, &target.mute}) {
    if (opening->end == End::answered) return state_of_answer(opening->answer);
  }
  if (ended(target.bare) && target.stranger.end == End::open) return State::mux;
  if (target.control.outcome.ok()) return State::middlebox;
  if (ended(target.bare) && ended(target.stranger)) {
    return ended(target.mute) ? State::closes_all : State::other_service;
  }
  if (target.bare.end == End::open && target.stranger.end == End::open) return State::holds_all;
  return State::unclear;
}

}  // namespace lkdoctor::checks::tcp_ice
