// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "respond/control_connection.hpp"
#include "respond/listeners.hpp"

namespace lkdoctor::respond {

/// A control connection with its two sockets.
struct ControlLine {
  ControlLine(Tcp::socket accepted, const PskContext& tls, Desk& desk, Endpoint from);

  /// Says what is left to be said as far as it goes out at once: who does not read holds nobody up.
  void close();
  bool closed() const { return !client.is_open(); }
  /// After the connection's patience may have changed.
  void rearm() { alarm.cancel(); }

  Tcp::socket client, upstream;
  boost::asio::steady_timer alarm, client_free, upstream_free;
  bool client_busy = false, upstream_busy = false;
  ControlConnection talk;
};

/// Runs until the line is closed, by itself or by close(). `livekit`: where its signalling port is tried.
void run(const std::shared_ptr<ControlLine>& line, const std::vector<Tcp::endpoint>& livekit);
/// Ends it in order: everything that was begun is said, and close_notify.
void dismiss(const std::shared_ptr<ControlLine>& line);

/// IPv4-mapped addresses, as a socket for both families has them, as IPv4.
Endpoint plain(const Tcp::endpoint& endpoint);

}  // namespace lkdoctor::respond
