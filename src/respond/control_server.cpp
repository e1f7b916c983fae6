// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_server.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>

#include "respond/control_line.hpp"

namespace lkdoctor::respond {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMostConnections = 16;
constexpr std::chrono::milliseconds kAfterFailure{100};  // no descriptor left, for example

Endpoint plain(const Tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string(), endpoint.port()};
  return {address.to_string(), endpoint.port()};
}

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

std::vector<Tcp::endpoint> endpoints_of(const ControlServerSettings& settings) {
  std::vector<Tcp::endpoint> out;
  for (const std::string& host : settings.livekit_hosts) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (!error && settings.livekit_port) out.emplace_back(address, *settings.livekit_port);
  }
  return out;
}

}  // namespace

struct ControlServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, const ControlServerSettings& settings, KeyRing& keys)
      : context(io), tls(keys), livekit(endpoints_of(settings)) {
    for (const std::uint16_t port : settings.ports) listen(settings.address, port);
  }

  void listen(const std::string& address, std::uint16_t port) {
    const bool again = std::ranges::any_of(ports, [&](const TcpPort& one) { return one.port == port; });
    if (again) return;
    Tcp::acceptor acceptor(context);
    const auto error = listen_on(acceptor, address, port);
    using enum TcpPort::State;
    ports.push_back({port,
                     !error                                 ? answers
                     : error == asio::error::address_in_use ? in_use
                                                            : unavailable,
                     {}});
    if (!error) acceptors.push_back(std::move(acceptor));
  }

  /// One that fails is no reason to serve nobody.
  void take(Tcp::socket socket) {
    boost::system::error_code error;
    const Endpoint from = plain(socket.remote_endpoint(error));
    if (error) return;
    try {
      admit(std::move(socket), from);
    } catch (const std::exception& failure) {
      desk->failed(from, failure.what());
    }
  }

  void admit(Tcp::socket socket, const Endpoint& from) {
    if (!desk->admits(from, Clock::now()) || !make_room()) return;
    boost::system::error_code error;
    socket.set_option(Tcp::no_delay(true), error);
    auto line = std::make_shared<ControlLine>(std::move(socket), tls, *desk, from);
    lines.push_back(line);
    run(line, livekit);
  }

  /// Who has not shown a key goes first: the oldest of the network that has the most of them.
  bool make_room() {
    std::erase_if(lines, [](const auto& one) { return one.expired() || one.lock()->closed(); });
    if (lines.size() < kMostConnections) return true;
    std::map<std::string, std::size_t> strangers;
    const auto network_of = [](const auto& one) { return neighbourhood(one.lock()->talk.from().address); };
    const auto is_stranger = [](const auto& one) { return !one.lock()->talk.authenticated(); };
    for (const auto& one : lines) strangers[network_of(one)] += is_stranger(one) ? 1 : 0;
    const auto most = std::ranges::max_element(strangers, {}, [](const auto& one) { return one.second; });
    if (most->second == 0) return false;
    const auto stranger = std::ranges::find_if(
        lines, [&](const auto& one) { return is_stranger(one) && network_of(one) == most->first; });
    const auto line = stranger->lock();
    line->talk.expire(Clock::now());
    line->close();
    lines.erase(stranger);
    return true;
  }

  void close_acceptors() {
    boost::system::error_code ignored;
    for (Tcp::acceptor& acceptor : acceptors) acceptor.close(ignored);
  }

  static awaitable<void> accept_all(std::shared_ptr<State> state, std::size_t which) {
    asio::steady_timer pause(state->context);
    while (state->acceptors[which].is_open()) {
      auto [error, socket] = co_await state->acceptors[which].async_accept(kNoThrow);
      if (error == asio::error::operation_aborted) co_return;
      if (!error) {
        state->take(std::move(socket));
        continue;
      }
      pause.expires_after(kAfterFailure);
      co_await pause.async_wait(kNoThrow);
    }
  }

  asio::io_context& context;
  PskContext tls;
  std::vector<Tcp::endpoint> livekit;
  std::vector<TcpPort> ports;
  std::vector<Tcp::acceptor> acceptors;
  std::list<std::weak_ptr<ControlLine>> lines;
  Desk* desk = nullptr;
};

ControlServer::ControlServer(asio::io_context& context, const ControlServerSettings& settings, KeyRing& keys)
    : state_(std::make_shared<State>(context, settings, keys)) {}

ControlServer::~ControlServer() {
  state_->close_acceptors();
  for (const auto& weak : state_->lines) {
    if (const auto line = weak.lock()) line->close();
  }
}

void ControlServer::close() {
  state_->close_acceptors();
  for (const auto& weak : state_->lines) {
    const auto line = weak.lock();
    if (line && !line->closed()) dismiss(line);
  }
}

const std::vector<TcpPort>& ControlServer::ports() const noexcept {
  return state_->ports;
}

void ControlServer::serve(Desk& desk) {
  state_->desk = &desk;
  // Without it the responder would look alive and serve nobody: it ends, and says why.
  const auto ended = [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  };
  for (std::size_t i = 0; i < state_->acceptors.size(); ++i)
    asio::co_spawn(state_->context, State::accept_all(state_, i), ended);
}

}  // namespace lkdoctor::respond
