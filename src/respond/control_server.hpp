// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>

#include "respond/desk.hpp"

namespace lkdoctor::respond {

struct ControlServerSettings {
  std::string address;                     ///< listened on; empty: every one
  std::vector<std::uint16_t> ports;        ///< the first is the responder's own
  std::vector<std::string> livekit_hosts;  ///< where LiveKit's signalling port is tried, one after the other
  std::optional<std::uint16_t> livekit_port;
};

/// The sockets of the control connection.
class ControlServer {
 public:
  /// Listens where nobody else does. `context` and `keys` must live longer.
  ControlServer(boost::asio::io_context& context, const ControlServerSettings& settings, KeyRing& keys);
  ~ControlServer();

  /// In the order asked for. Owners are not filled in.
  const std::vector<TcpPort>& ports() const noexcept;
  /// Takes connections from now on. `desk` must live longer.
  void serve(Desk& desk);
  /// Takes no more, and ends what is open in order. The context then runs out of this work.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lkdoctor::respond
