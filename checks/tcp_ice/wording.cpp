// SPDX-License-Identifier: EUPL-1.2
#include "wording.hpp"

#include <fmt/format.h>

#include <lkdoctor/findings.hpp>

namespace lkdoctor::checks::tcp_ice {

std::string_view why(Role role) {
  switch (role) {
    case Role::configured:
      return "node_ip sends clients there";
    case Role::own:
      return "an address of this host";
    case Role::responder:
      return "the responder stands on LiveKit's host";
    case Role::signalling:
      return "public_url leads there, and no file names another address for media";
  }
  return "";
}

Saying saying_for(State state, const std::string& where, std::uint16_t port) {
  const std::string subject = fmt::format("TCP {} on {}", port, where);
  switch (state) {
    case State::refused:
      return {&findings::ice_tcp_closed,
              subject + " is refused: nothing listens there, or a firewall rejects it"};
    case State::rejected:
      return {&findings::ice_tcp_closed, subject + " is turned away: a firewall or router says so by ICMP"};
    case State::filtered:
      return {&findings::ice_tcp_closed, subject + " is filtered: nothing answers"};
    case State::middlebox:
      return {&findings::ice_tcp_closed,
              fmt::format("{} is accepted by something on the way that accepts every port, also {}: "
                          "LiveKit itself does not answer",
                          subject, kSurelyClosed)};
    case State::tls:
      return {&findings::ice_tcp_behind_proxy, subject + " is answered by TLS instead of LiveKit"};
    case State::http:
      return {&findings::ice_tcp_behind_proxy, subject + " is answered by HTTP instead of LiveKit"};
    case State::other_service:
      return {&findings::ice_tcp_behind_proxy,
              subject + " is answered by another service instead of LiveKit"};
    case State::closes_all:
      return {
          &findings::ice_tcp_backend_down,
          subject + " accepts every connection and closes it at once: a relay whose LiveKit does not run"};
    case State::holds_all:
      return {&findings::ice_tcp_backend_down,
              subject +
                  " holds every connection and never acts: a relay whose LiveKit does not answer, or a "
                  "firewall that lets no data through"};
    default:
      return {};
  }
}

}  // namespace lkdoctor::checks::tcp_ice
