// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/net/outcome.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lkdoctor::net {

struct Dialled {
  NetOutcome outcome;
  Microseconds took{0};
};
LKDOCTOR_JSON(Dialled, outcome, took)

/// A TCP connection in plain. Move-only; closing is what its destructor does.
class TcpStream {
 public:
  TcpStream();
  TcpStream(TcpStream&&) noexcept;
  TcpStream& operator=(TcpStream&&) noexcept;
  ~TcpStream();

  /// `max_segment` bytes at most in each segment, either way (RFC 9293 §3.7.1); 0: as the path's MTU allows.
  boost::asio::awaitable<Dialled> connect(Endpoint peer, Deadline deadline, int max_segment = 0);
  /// Everything or an error.
  boost::asio::awaitable<NetOutcome> send(std::vector<std::uint8_t> bytes, Deadline deadline);

  struct Received {
    NetOutcome outcome;  ///< `closed` FIN, `reset` RST, `timed_out` still open and silent
    std::vector<std::uint8_t> bytes;
    Microseconds took{0};
  };
  /// Whatever comes first: at least one byte, the end, or the deadline.
  boost::asio::awaitable<Received> receive(std::size_t limit, Deadline deadline);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Only opens and closes.
boost::asio::awaitable<Dialled> dial(Endpoint peer, Deadline deadline);

}  // namespace lkdoctor::net
