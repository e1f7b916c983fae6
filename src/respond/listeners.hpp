// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

#include "respond/host_view.hpp"

namespace lkdoctor::respond {

using Tcp = boost::asio::ip::tcp;

/// The TCP ports of the control connection: the responder's own as long as it runs, and others that LiveKit
/// may want at any time: these while they are held, and nobody has them.
class Listeners {
 public:
  using Accept = std::function<void(Tcp::socket)>;

  /// `address` empty: every one. `others`: LiveKit's; the own port among them stays what it is.
  Listeners(boost::asio::io_context& context, std::string address, std::uint16_t own,
            std::vector<std::uint16_t> others);
  ~Listeners() { close(); }
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  /// Hands over each connection from now on.
  void serve(Accept accept);
  bool has_own() const noexcept { return own_state_ == TcpPort::State::answers; }
  /// Listens on those that nobody has; gives them.
  std::vector<std::uint16_t> hold();
  void let_go();
  void close();
  /// The others as they are now, in the order asked for. Owners are not filled in.
  std::vector<TcpPort> others();

 private:
  using Acceptor = std::shared_ptr<Tcp::acceptor>;

  TcpPort::State open(std::uint16_t port, Acceptor& into);
  void start(const Acceptor& acceptor);

  boost::asio::io_context& context_;
  std::string address_;
  std::uint16_t own_port_;
  std::vector<std::uint16_t> others_;
  Acceptor own_;
  TcpPort::State own_state_;
  std::vector<std::pair<std::uint16_t, Acceptor>> held_;
  std::shared_ptr<Accept> accept_;
};

}  // namespace lkdoctor::respond
