// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/tls.hpp>
#include <memory>
#include <optional>

namespace lkdoctor::net {

/// A TCP connection, with TLS on it if wanted. Every certificate is taken and described; who sends anything
/// that must stay secret looks at `trusted` and `name_matches` first.
class ByteStream {
 public:
  /// Without options: plain TCP.
  explicit ByteStream(std::optional<TlsOptions> tls = std::nullopt);
  ByteStream(ByteStream&&) noexcept;
  ByteStream& operator=(ByteStream&&) noexcept;
  ~ByteStream();

  boost::asio::awaitable<NetOutcome> connect(Endpoint peer, Deadline deadline);
  Microseconds connect_time() const;
  /// Of the handshake; nullopt: none was begun.
  const std::optional<TlsSession>& session() const;

  /// Everything or an error. May be called while receive() waits, and while another send() is under way.
  boost::asio::awaitable<NetOutcome> send(std::vector<std::uint8_t> bytes, Deadline deadline);
  /// At least one byte, the end, or the deadline. One reader at a time.
  boost::asio::awaitable<TcpStream::Received> receive(Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::net
