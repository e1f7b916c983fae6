// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/http.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <optional>
#include <string>

#include "net/tls_engine.hpp"

namespace lkdoctor::net {

/// The way to an HTTP server: TCP, a forward proxy if there is one, TLS if wanted. With `require_trust`
/// nothing but the handshake is sent before the certificate was found good.
class Connection {
 public:
  explicit Connection(HttpTarget target);

  /// `tunnel`: ask the proxy for a tunnel also without TLS (WebSocket).
  boost::asio::awaitable<NetOutcome> open(bool tunnel, Deadline deadline);
  bool is_open() const noexcept { return tcp_.has_value(); }
  void close();

  boost::asio::awaitable<NetOutcome> send(std::string bytes, Deadline deadline);
  /// At least one byte, the end, or the deadline.
  boost::asio::awaitable<TcpStream::Received> receive(Deadline deadline);

  const HttpTarget& target() const noexcept { return target_; }
  /// True if requests name the whole URL, because a proxy reads them.
  bool through_plain_proxy() const noexcept { return !target_.proxy.empty() && !tunnelled_; }
  Microseconds connect_time() const noexcept { return connect_time_; }
  Microseconds handshake_time() const noexcept { return handshake_time_; }

 private:
  boost::asio::awaitable<NetOutcome> dial_proxy(Deadline deadline);
  boost::asio::awaitable<NetOutcome> ask_for_tunnel(Deadline deadline);
  boost::asio::awaitable<NetOutcome> secure(Deadline deadline);

  HttpTarget target_;
  std::optional<TcpStream> tcp_;
  std::optional<TlsEngine> tls_;
  bool tunnelled_ = false;
  Microseconds connect_time_{0}, handshake_time_{0};
};

/// "host", "host:port", "[v6]:port": the port only if it is not the scheme's own.
std::string host_header(const HttpTarget& target);

}  // namespace lkdoctor::net
