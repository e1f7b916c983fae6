// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/secret.hpp>
#include <string>
#include <vector>

namespace lkdoctor::net {

/// A forward proxy that opens tunnels (CONNECT, RFC 9110 §9.3.6). Without a host: the way is direct.
struct Proxy {
  bool tls = false;  ///< it is itself spoken to in TLS; its certificate must be good
  std::string host;
  std::uint16_t port = 0;
  Secret credentials;                 ///< "user:password", for Basic (RFC 7617); empty: none
  std::vector<std::string> ca_files;  ///< added to the system's trust store, for its certificate
  bool in_use() const noexcept { return !host.empty(); }
};

/// Only opens a tunnel to `peer`, which may be a name, and closes it. What goes wrong on the way to the proxy
/// has stage `proxy`, what the proxy answers has stage `tunnel`.
boost::asio::awaitable<Dialled> dial_through(Proxy proxy, Endpoint peer, Deadline deadline);

}  // namespace lkdoctor::net
