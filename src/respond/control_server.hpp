// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>

#include "respond/desk.hpp"

namespace lkdoctor::respond {

struct ControlServerSettings {
  std::string address;                     ///< listened on; empty: every one
  std::uint16_t port = 0;                  ///< the responder's own
  std::vector<std::uint16_t> others;       ///< offered while a client's session runs, where nobody has them
  std::vector<std::string> livekit_hosts;  ///< where LiveKit's signalling port is tried, one after the other
  std::optional<std::uint16_t> livekit_port;
};

/// The sockets of the control connection.
class ControlServer {
 public:
  /// Listens where nobody else does. `context` and `keys` must live longer.
  ControlServer(boost::asio::io_context& context, const ControlServerSettings& settings, KeyRing& keys);
  ~ControlServer();

  /// The responder's own port is to be had.
  bool answers() const noexcept;
  /// In the order asked for, as they are now. Owners are not filled in.
  std::vector<TcpPort> others() const;
  /// As DeskSettings has them; asks the desk meanwhile whether the session still runs.
  std::vector<std::uint16_t> hold();
  void let_go();
  /// Takes connections from now on. `desk` must live longer.
  void serve(Desk& desk);
  /// Takes no more, and ends what is open in order. The context then runs out of this work.
  void close();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lkdoctor::respond
