// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <lkdoctor/net/udp.hpp>
#include <optional>
#include <vector>

namespace lkdoctor::net {

/// One server's answer to a Binding request.
struct StunReply {
  NetOutcome outcome;              ///< `timed_out`: silence; `refused` and so on: an ICMP error
  std::optional<Endpoint> mapped;  ///< where the server saw us
  std::optional<Endpoint> other;   ///< its second address (RFC 5780)
  int tries = 0;
  Microseconds took{0};  ///< from the try that was answered, or altogether
};
LKDOCTOR_JSON(StunReply, outcome, mapped, other, tries, took)

struct StunPatience {
  Milliseconds longest{5'000};      ///< LiveKit's own limit for one server
  Milliseconds after_first{1'100};  ///< from the start, once another server has answered
};

/// Binding requests to all `servers` from one socket, so that a NAT's mapping can be compared, with the
/// retransmission times of RFC 8489 §6.2.1 (0, 0.5, 1.5, 3.5 s …). Replies in the order of `servers`.
/// REQUIRES: all servers are of the socket's family; no one else reads from the socket meanwhile.
boost::asio::awaitable<std::vector<StunReply>> ask_stun(UdpSocket* socket, std::vector<Endpoint> servers,
                                                        StunPatience patience, Deadline deadline);

}  // namespace lkdoctor::net
