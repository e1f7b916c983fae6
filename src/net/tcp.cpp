// SPDX-License-Identifier: EUPL-1.2
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <lkdoctor/net/tcp.hpp>

#include "net/errors.hpp"
#include "net/until.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using MaxSegment = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_MAXSEG>;

Microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<Microseconds>(Clock::now() - start);
}

asio::awaitable<error_code> connecting(tcp::socket* socket, tcp::endpoint peer) {
  const auto [error] = co_await socket->async_connect(peer, asio::as_tuple(asio::use_awaitable));
  co_return error;
}

asio::awaitable<error_code> sending(tcp::socket* socket, std::vector<std::uint8_t> bytes) {
  const auto buffer = asio::buffer(bytes);
  const auto [error, count] =
      co_await asio::async_write(*socket, buffer, asio::as_tuple(asio::use_awaitable));
  co_return error;
}

asio::awaitable<error_code> receiving(tcp::socket* socket, std::vector<std::uint8_t>* into) {
  const auto buffer = asio::buffer(*into);
  const auto [error, count] = co_await socket->async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
  into->resize(count);
  co_return error;
}

/// The errno of a connect does not tell "prohibited" from "host unreachable"; the ICMP code does.
void refine(NetOutcome& outcome, int socket) {
  const auto icmp = next_icmp_error(socket);
  if (!icmp || icmp->error == NetError::other || icmp->reporter.empty()) return;
  outcome.error = icmp->error;
  outcome.text = icmp->text + " (said by " + icmp->reporter + ")";
}

}  // namespace

struct TcpStream::State {
  explicit State(const asio::any_io_executor& executor) : socket(executor) {}
  tcp::socket socket;
};

TcpStream::TcpStream() = default;
TcpStream::TcpStream(TcpStream&&) noexcept = default;
TcpStream& TcpStream::operator=(TcpStream&&) noexcept = default;
TcpStream::~TcpStream() = default;

asio::awaitable<Dialled> TcpStream::connect(Endpoint peer, Deadline deadline, int max_segment) {
  const auto start = Clock::now();
  const auto executor = co_await asio::this_coro::executor;
  state_ = std::make_unique<State>(executor);
  Dialled result;
  error_code error;
  const auto address = asio::ip::make_address(peer.address, error);
  if (error) {
    result.outcome = failed(Stage::connect, NetError::other, "not a numeric address");
    co_return result;
  }
  tcp::socket& socket = state_->socket;
  const tcp::endpoint endpoint(address, peer.port);
  if (socket.open(endpoint.protocol(), error); error) {
    result.outcome = outcome_of(Stage::connect, error);
    co_return result;
  }
  socket.set_option(tcp::no_delay(true), error);
  if (max_segment > 0) socket.set_option(MaxSegment(max_segment), error);
  const Family family = address.is_v4() ? Family::ipv4 : Family::ipv6;
  keep_icmp_errors(socket.native_handle(), family, true);
  auto operation = connecting(&socket, endpoint);
  const auto ended = co_await until(deadline, std::move(operation));
  result.outcome = outcome_of(Stage::connect, ended);
  result.took = since(start);
  if (result.outcome.ok()) {
    // With it, the first stray ICMP error would end a connection that stands.
    keep_icmp_errors(socket.native_handle(), family, false);
  } else {
    refine(result.outcome, socket.native_handle());
    state_.reset();
  }
  co_return result;
}

asio::awaitable<NetOutcome> TcpStream::send(std::vector<std::uint8_t> bytes, Deadline deadline) {
  if (!state_) co_return failed(Stage::request, NetError::closed, "not connected");
  auto operation = sending(&state_->socket, std::move(bytes));
  const auto ended = co_await until(deadline, std::move(operation));
  co_return outcome_of(Stage::request, ended);
}

asio::awaitable<TcpStream::Received> TcpStream::receive(std::size_t limit, Deadline deadline) {
  const auto start = Clock::now();
  Received result;
  if (!state_) {
    result.outcome = failed(Stage::response, NetError::closed, "not connected");
    co_return result;
  }
  result.bytes.resize(limit);
  auto operation = receiving(&state_->socket, &result.bytes);
  const auto ended = co_await until(deadline, std::move(operation));
  result.outcome = outcome_of(Stage::response, ended);
  if (!result.outcome.ok()) result.bytes.clear();
  result.took = since(start);
  co_return result;
}

asio::awaitable<Dialled> dial(Endpoint peer, Deadline deadline) {
  TcpStream stream;
  auto connecting_stream = stream.connect(std::move(peer), deadline);
  co_return co_await std::move(connecting_stream);
}

}  // namespace lkdoctor::net
