// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "net/tls_server.hpp"

namespace lkdoctor::serve {

/// What was received stays here for a moment. One for all wires: an idle connection holds no buffer.
using Scratch = std::array<char, 16384>;

/// One client's bytes, with TLS or without. One reader and one writer at a time.
class Wire {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// `scratch` must live as long. Without `tls`: plain.
  Wire(Socket socket, net::TlsContext tls, Scratch& scratch);

  /// False: the client did not shake hands, and has been told why. At once without TLS.
  boost::asio::awaitable<bool> open();
  /// Appends at least one byte. False: the client ended or failed, or it was interrupted.
  boost::asio::awaitable<bool> receive(std::string& into);
  /// False: not all of it was sent, and nothing more will be. `bytes` stay until then.
  boost::asio::awaitable<bool> send(std::string_view bytes);
  /// Ends it in order. What the client still sends is looked over up to its end, since bytes that nobody
  /// reads would take the last answer from it (RFC 9112 §9.6).
  boost::asio::awaitable<void> end();

  void interrupt();  ///< ends what waits
  void close();
  bool is_open() const { return socket_.is_open(); }
  bool is_tls() const noexcept { return tls_.has_value(); }
  Socket::executor_type executor() { return socket_.get_executor(); }

 private:
  boost::asio::awaitable<std::optional<std::string_view>> read_some();
  boost::asio::awaitable<bool> flush();

  Socket socket_;
  std::optional<net::TlsServer> tls_;
  Scratch& scratch_;
  bool flushing_ = false, broken_ = false;
};

}  // namespace lkdoctor::serve
