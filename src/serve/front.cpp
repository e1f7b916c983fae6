// SPDX-License-Identifier: EUPL-1.2
#include "serve/front.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <lkdoctor/net/bell.hpp>
#include <map>

namespace lkdoctor::serve {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Protocol = asio::generic::stream_protocol;
using Acceptor = asio::basic_socket_acceptor<Protocol>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAfterFailure{100};  // no descriptor left, for example

/// Empty for a socket without a port.
Endpoint remote_of(const Wire::Socket& socket) {
  boost::system::error_code error;
  const auto from = socket.remote_endpoint(error);
  asio::ip::tcp::endpoint out;
  const int family = error ? AF_UNSPEC : from.protocol().family();
  if ((family != AF_INET && family != AF_INET6) || from.size() > out.capacity()) return {};
  std::memcpy(out.data(), from.data(), from.size());
  out.resize(from.size());
  const auto address = out.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string(), out.port()};
  return {address.to_string(), out.port()};
}

}  // namespace

struct Front::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, FrontSettings wanted)
      : context(io), settings(std::move(wanted)), shared(std::make_shared<Connection::Shared>()) {
    shared->handler = settings.handler;
    shared->patience = settings.patience;
    shared->tell = settings.tell;
  }

  void listen(ListeningSocket socket) {
    const auto address = socket.address();
    if (address) addresses.push_back(*address);
    const int family = !address ? AF_UNIX : address->host.find(':') != std::string::npos ? AF_INET6 : AF_INET;
    Acceptor acceptor(context);
    acceptor.assign(Protocol(family, 0), socket.descriptor());
    socket.release();
    acceptors.push_back(std::move(acceptor));
  }

  /// One that fails is no reason to serve nobody.
  void take(Wire::Socket socket) {
    try {
      if (make_room()) {
        admit(std::move(socket));
      } else {
        turn_away(std::move(socket));
      }
    } catch (const std::exception& failure) {
      if (settings.tell) settings.tell(failure.what());
    }
  }

  void admit(Wire::Socket socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    Endpoint from = remote_of(socket);
    Wire wire(std::move(socket), settings.tls ? settings.tls() : nullptr, shared->scratch);
    const auto connection = std::make_shared<Connection>(std::move(wire), shared, std::move(from));
    const std::uint64_t number = ++last;
    open.emplace(number, connection);
    const auto at_end = [state = shared_from_this(), number](const std::exception_ptr& failed) {
      state->end(number, failed);
    };
    asio::co_spawn(context, Connection::run(connection), at_end);
  }

  void end(std::uint64_t number, const std::exception_ptr& failed) {
    open.erase(number);
    ended.ring();
    if (!failed || !settings.tell) return;
    try {
      std::rethrow_exception(failed);
    } catch (const std::exception& error) {
      settings.tell(error.what());
    }
  }

  /// Whoever has asked for nothing goes first, then who has not said yet what.
  bool make_room() {
    if (open.size() < settings.most_connections) return true;
    for (const Connection::Stage stage : {Connection::Stage::between, Connection::Stage::request}) {
      auto oldest = open.end();
      for (auto at = open.begin(); at != open.end(); ++at) {
        if (at->second->stage() != stage) continue;
        if (oldest == open.end() || at->second->since() < oldest->second->since()) oldest = at;
      }
      if (oldest == open.end()) continue;
      oldest->second->close();
      open.erase(oldest);
      ++evicted;
      return true;
    }
    return false;
  }

  /// As far as it goes out at once; behind TLS nothing can be said.
  void turn_away(Wire::Socket socket) {
    ++turned_away;
    if (settings.tls && settings.tls()) return;
    constexpr std::string_view kBusy =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 1\r\n"
        "Content-Length: 44\r\nConnection: close\r\n\r\nEvery connection that is served is at work.\n";
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kBusy), ignored);
  }

  void close_acceptors() {
    boost::system::error_code ignored;
    for (Acceptor& acceptor : acceptors) acceptor.close(ignored);
  }

  void close_connections() {
    for (const auto& [number, connection] : open) connection->close();
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
  FrontSettings settings;
  std::shared_ptr<Connection::Shared> shared;
  std::vector<ListenAddress> addresses;
  std::vector<Acceptor> acceptors;
  std::map<std::uint64_t, std::shared_ptr<Connection>> open;
  std::uint64_t last = 0, evicted = 0, turned_away = 0;
  net::Bell ended;
};

Front::Front(asio::io_context& context, std::vector<ListeningSocket> sockets, FrontSettings settings)
    : state_(std::make_shared<State>(context, std::move(settings))) {
  for (ListeningSocket& socket : sockets) state_->listen(std::move(socket));
  // Without it the server would look alive and serve nobody: it ends, and says why.
  const auto ended = [](const std::exception_ptr& failed) {
    if (failed) std::rethrow_exception(failed);
  };
  for (std::size_t i = 0; i < state_->acceptors.size(); ++i)
    asio::co_spawn(context, State::accept_all(state_, i), ended);
}

Front::~Front() {
  state_->close_acceptors();
  state_->close_connections();
}

const std::vector<ListenAddress>& Front::addresses() const noexcept {
  return state_->addresses;
}

awaitable<bool> Front::stop(Deadline deadline) {
  const auto state = state_;
  state->close_acceptors();
  state->shared->stopping = true;
  for (const auto& [number, connection] : state->open) connection->dismiss();
  while (!state->open.empty()) {
    const bool rang = co_await state->ended.wait(deadline);
    if (!rang) break;
  }
  const bool nothing_left = state->open.empty();
  state->close_connections();
  co_return nothing_left;
}

Front::Counts Front::counts() const {
  const Connection::Shared& shared = *state_->shared;
  return {state_->open.size(), shared.requests, shared.refused,
          shared.timed_out,    state_->evicted, state_->turned_away};
}

}  // namespace lkdoctor::serve
