// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lkdoctor::net {

struct Datagram {
  NetOutcome outcome;  ///< `timed_out`: nothing came; `refused` etc.: an ICMP error came, from `reporter`
  Endpoint from;
  std::string reporter;  ///< who sent the ICMP error: the host itself or something on the way
  std::vector<std::uint8_t> bytes;
  Microseconds took{0};
};

/// A UDP socket that reads ICMP errors too (IP_RECVERR). Bound to an ephemeral port on first use.
class UdpSocket {
 public:
  explicit UdpSocket(Family family);
  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  boost::asio::awaitable<NetOutcome> send(Endpoint to, std::vector<std::uint8_t> bytes);
  /// The next datagram or ICMP error, or `timed_out`.
  boost::asio::awaitable<Datagram> receive(Deadline deadline);
  /// 0 before the first send.
  std::uint16_t local_port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The address this machine would send from towards `peer`; empty: no route.
std::string source_address_for(const Endpoint& peer);

}  // namespace lkdoctor::net
