// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/http.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lkdoctor::net {

struct WsMessage {
  NetOutcome outcome;  ///< `closed`: close frame or end of stream; `timed_out`: silence
  bool binary = false;
  std::vector<std::uint8_t> bytes;  ///< at most 1 MiB
  int close_code = 0;               ///< RFC 6455 §7.4; 0: ended without a close frame
  Microseconds took{0};
};

/// A WebSocket client over its own HTTP/1.1 connection (RFC 6455). Pings are answered while receive() waits.
class WebSocket {
 public:
  explicit WebSocket(HttpTarget target);
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();

  /// The answer to the upgrade. Status 101: open. Anything else: the peer's refusal with its body.
  boost::asio::awaitable<HttpReply> open(std::string path_and_query,
                                         std::vector<std::pair<std::string, std::string>> headers,
                                         Deadline deadline);
  boost::asio::awaitable<NetOutcome> send_binary(std::vector<std::uint8_t> bytes, Deadline deadline);
  boost::asio::awaitable<WsMessage> receive(Deadline deadline);
  boost::asio::awaitable<NetOutcome> close(Deadline deadline);

  Microseconds connect_time() const;
  Microseconds handshake_time() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::net
