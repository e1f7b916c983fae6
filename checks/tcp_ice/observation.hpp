// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/json.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/probes/carrier.hpp>
#include <string>
#include <vector>

namespace lkdoctor::checks::tcp_ice {

/// The control: a system port that IANA never assigned.
constexpr std::uint16_t kSurelyClosed = 4;

/// Why an address is looked at. An address that is several of these has the first.
enum class Role { configured, own, responder, signalling };
NLOHMANN_JSON_SERIALIZE_ENUM(Role, {{Role::configured, "configured"},
                                    {Role::own, "own"},
                                    {Role::responder, "responder"},
                                    {Role::signalling, "signalling"}})

/// How one connection fared after its opening message.
enum class End { not_connected, open, closed, reset, answered };
NLOHMANN_JSON_SERIALIZE_ENUM(End, {{End::not_connected, "not-connected"},
                                   {End::open, "open"},
                                   {End::closed, "closed"},
                                   {End::reset, "reset"},
                                   {End::answered, "answered"}})

struct Opening {
  net::Dialled dialled;
  End end = End::not_connected;
  Microseconds after{0};  ///< from sending to the end, or how long it was watched
  std::string answer;     ///< first bytes of the peer, at most 64
};
LKDOCTOR_JSON(Opening, dialled, end, after, answer)

/// One address. `bare`: a Binding without USERNAME; `stranger`: one with a USERNAME that no session has;
/// `mute`: nothing is sent; `control`: a port on which surely nobody listens.
struct Target {
  std::string address;
  Role role = Role::signalling;
  Opening bare, stranger, mute;
  net::Dialled control;
  bool speaks_tls = false;  ///< a handshake worked; asked only where another service was suspected
};
LKDOCTOR_JSON(Target, address, role, bare, stranger, mute, control, speaks_tls)

struct Observation {
  std::uint16_t port = 0;
  std::vector<Target> targets;
  std::vector<probes::TcpTrial> told{};  ///< ports that a responder told of
};
LKDOCTOR_JSON(Observation, port, targets, told)

enum class State {
  mux,
  tls,
  http,
  other_service,
  closes_all,
  holds_all,
  unclear,
  refused,
  rejected,
  filtered,
  middlebox,
  no_route
};
NLOHMANN_JSON_SERIALIZE_ENUM(State, {{State::unclear, "unclear"},
                                     {State::mux, "ice-tcp"},
                                     {State::tls, "tls"},
                                     {State::http, "http"},
                                     {State::other_service, "other-service"},
                                     {State::closes_all, "closes-every-connection"},
                                     {State::holds_all, "holds-every-connection"},
                                     {State::refused, "refused"},
                                     {State::rejected, "rejected"},
                                     {State::filtered, "filtered"},
                                     {State::middlebox, "middlebox"},
                                     {State::no_route, "no-route"}})

inline bool ended(const Opening& opening) {
  return opening.end == End::closed || opening.end == End::reset;
}

inline State state_of_answer(const std::string& answer) {
  constexpr char kTlsAlert = 0x15;      // RFC 8446 §5.1, ContentType alert
  constexpr char kTlsHandshake = 0x16;  // and handshake
  if (answer.starts_with("HTTP/") || answer.starts_with("<")) return State::http;
  if (answer.size() > 1 && (answer[0] == kTlsAlert || answer[0] == kTlsHandshake) && answer[1] == 3) {
    return State::tls;
  }
  return State::other_service;
}

/// Why a connect failed, as far as its outcome tells.
inline State state_of_failure(const net::NetOutcome& outcome) {
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

/// The fingerprint of LiveKit's multiplexer is the difference: it closes `bare` and keeps `stranger`. Any
/// other pair is something else.
inline State state_of(const Target& target) {
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
