// SPDX-License-Identifier: EUPL-1.2
#include "respond/listeners.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lkdoctor::respond {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAfterFailure{100};  // no descriptor left, for example

boost::system::error_code listen_on(Tcp::acceptor& acceptor, const Tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (endpoint.protocol() == Tcp::v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

/// Every address: both families with one socket, or IPv4 alone where the host has no other.
boost::system::error_code listen_on(Tcp::acceptor& acceptor, const std::string& address, std::uint16_t port) {
  if (!address.empty()) return listen_on(acceptor, {asio::ip::make_address(address), port});
  const auto error = listen_on(acceptor, {Tcp::v6(), port});
  return error && error != asio::error::address_in_use ? listen_on(acceptor, {Tcp::v4(), port}) : error;
}

awaitable<void> accept_all(std::shared_ptr<Tcp::acceptor> acceptor,
                           std::shared_ptr<Listeners::Accept> accept) {
  asio::steady_timer pause(acceptor->get_executor());
  while (acceptor->is_open()) {
    auto [error, socket] = co_await acceptor->async_accept(kNoThrow);
    if (error == asio::error::operation_aborted) co_return;
    if (!error) {
      (*accept)(std::move(socket));
      continue;
    }
    pause.expires_after(kAfterFailure);
    co_await pause.async_wait(kNoThrow);
  }
}

void close_one(const std::shared_ptr<Tcp::acceptor>& acceptor) {
  boost::system::error_code ignored;
  if (acceptor) acceptor->close(ignored);
}

}  // namespace

Listeners::Listeners(asio::io_context& context, std::string address, std::uint16_t own,
                     std::vector<std::uint16_t> others)
    : context_(context), address_(std::move(address)), own_port_(own), own_state_(open(own, own_)) {
  for (const std::uint16_t port : others) {
    if (std::ranges::find(others_, port) == others_.end()) others_.push_back(port);
  }
}

TcpPort::State Listeners::open(std::uint16_t port, Acceptor& into) {
  auto acceptor = std::make_shared<Tcp::acceptor>(context_);
  const auto error = listen_on(*acceptor, address_, port);
  if (error == asio::error::address_in_use) return TcpPort::State::in_use;
  if (error) return TcpPort::State::unavailable;
  into = std::move(acceptor);
  return TcpPort::State::answers;
}

void Listeners::serve(Accept accept) {
  accept_ = std::make_shared<Accept>(std::move(accept));
  if (own_) start(own_);
}

void Listeners::start(const Acceptor& acceptor) {
  // Without it the responder would look alive and serve nobody: it ends, and says why.
  const auto ended = [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  };
  asio::co_spawn(context_, accept_all(acceptor, accept_), ended);
}

std::vector<std::uint16_t> Listeners::hold() {
  let_go();
  std::vector<std::uint16_t> out;
  for (const std::uint16_t port : others_) {
    Acceptor acceptor;
    if (port == own_port_ || open(port, acceptor) != TcpPort::State::answers) continue;
    start(acceptor);
    held_.emplace_back(port, std::move(acceptor));
    out.push_back(port);
  }
  return out;
}

void Listeners::let_go() {
  for (const auto& [port, acceptor] : held_) close_one(acceptor);
  held_.clear();
}

void Listeners::close() {
  close_one(own_);
  let_go();
}

std::vector<TcpPort> Listeners::others() {
  using enum TcpPort::State;
  std::vector<TcpPort> out;
  for (const std::uint16_t port : others_) {
    const bool held =
        std::ranges::find(held_, port, [](const auto& one) { return one.first; }) != held_.end();
    Acceptor trial;
    TcpPort::State state = port == own_port_ ? own_state_ : held ? answers : open(port, trial);
    if (trial) state = free;
    close_one(trial);
    out.push_back({port, state, {}});
  }
  return out;
}

}  // namespace lkdoctor::respond
