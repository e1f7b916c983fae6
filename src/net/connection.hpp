// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/http.hpp>
#include <string>

#include "net/stream.hpp"

namespace lkdoctor::net {

/// The way to an HTTP server: a stream, TLS if wanted. With `require_trust` nothing but the handshake is sent
/// before the certificate was found good.
class Connection {
 public:
  explicit Connection(HttpTarget target);

  boost::asio::awaitable<NetOutcome> open(Deadline deadline);
  bool is_open() const noexcept { return stream_ != nullptr; }
  void close() { stream_.reset(); }

  boost::asio::awaitable<NetOutcome> send(std::string bytes, Deadline deadline);
  /// At least one byte, the end, or the deadline.
  boost::asio::awaitable<TcpStream::Received> receive(Deadline deadline);

  const HttpTarget& target() const noexcept { return target_; }
  /// True if requests name the whole URL, because a proxy reads them.
  bool proxy_reads() const noexcept {
    return target_.proxy.in_use() && target_.proxy_reads_requests && !target_.tls;
  }
  Microseconds connect_time() const noexcept { return connect_time_; }
  Microseconds handshake_time() const noexcept { return handshake_time_; }

 private:
  boost::asio::awaitable<NetOutcome> secure(Deadline deadline);

  HttpTarget target_;
  StreamPtr stream_;
  Microseconds connect_time_{0}, handshake_time_{0};
};

/// "host", "host:port", "[v6]:port": the port only if it is not the scheme's own.
std::string host_header(const HttpTarget& target);

}  // namespace lkdoctor::net
