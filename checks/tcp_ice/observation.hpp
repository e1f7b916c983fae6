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

/// The fingerprint of LiveKit's multiplexer is the difference: it closes `bare` and keeps `stranger`. Any
/// other pair is something else.
State state_of(const Target& target);

}  // namespace lkdoctor::checks::tcp_ice
