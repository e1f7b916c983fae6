// SPDX-License-Identifier: EUPL-1.2
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lkdoctor/net/udp.hpp>
#include <optional>

#include "net/errors.hpp"
#include "net/until.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::size_t kLargestDatagram = 65535;

asio::awaitable<error_code> readable(udp::socket* socket) {
  const auto [error] =
      co_await socket->async_wait(udp::socket::wait_read, asio::as_tuple(asio::use_awaitable));
  co_return error;
}

Datagram datagram_of(IcmpError&& icmp) {
  Datagram result;
  result.outcome = failed(Stage::response, icmp.error, std::move(icmp.text));
  result.from = std::move(icmp.about);
  result.reporter = std::move(icmp.reporter);
  result.bytes = std::move(icmp.bytes);
  return result;
}

}  // namespace

struct UdpSocket::State {
  explicit State(Family wanted) : family(wanted) {}
  Family family;
  std::optional<udp::socket> socket;
  std::vector<std::uint8_t> buffer;  // kept: a sweep receives thousands

  NetOutcome open(const asio::any_io_executor& executor) {
    if (socket) return {};
    error_code error;
    socket.emplace(executor);
    socket->open(family == Family::ipv4 ? udp::v4() : udp::v6(), error);
    if (!error && family == Family::ipv6) socket->set_option(asio::ip::v6_only(true), error);
    if (!error) socket->bind({family == Family::ipv4 ? udp::v4() : udp::v6(), 0}, error);
    if (!error) socket->non_blocking(true, error);
    if (error) {
      socket.reset();
      return outcome_of(Stage::request, error);
    }
    keep_icmp_errors(socket->native_handle(), family, true);
    return {};
  }

  /// A datagram or an ICMP error that is already here.
  std::optional<Datagram> waiting() {
    if (auto icmp = next_icmp_error(socket->native_handle())) return datagram_of(std::move(*icmp));
    buffer.resize(kLargestDatagram);
    udp::endpoint from;
    error_code error;
    const std::size_t length = socket->receive_from(asio::buffer(buffer), from, 0, error);
    if (error) return std::nullopt;  // would block, or an ICMP error whose details the error queue holds
    Datagram result;
    result.bytes.assign(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length));
    result.from = {from.address().to_string(), from.port()};
    return result;
  }
};

UdpSocket::UdpSocket(Family family) : state_(std::make_unique<State>(family)) {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

asio::awaitable<NetOutcome> UdpSocket::send(Endpoint to, std::vector<std::uint8_t> bytes) {
  const auto executor = co_await asio::this_coro::executor;
  if (NetOutcome opened = state_->open(executor); !opened.ok()) co_return opened;
  error_code error;
  const auto address = asio::ip::make_address(to.address, error);
  if (error) co_return failed(Stage::request, NetError::other, "not a numeric address");
  const udp::endpoint peer(address, to.port);
  // An ICMP error of an earlier datagram makes the next call fail once; a second failure is our own.
  for (int attempt = 0; attempt < 3; ++attempt) {
    state_->socket->send_to(asio::buffer(bytes), peer, 0, error);
    if (!error) break;
  }
  co_return outcome_of(Stage::request, error);
}

asio::awaitable<Datagram> UdpSocket::receive(Deadline deadline) {
  const auto start = Clock::now();
  const auto executor = co_await asio::this_coro::executor;
  Datagram result;
  if (NetOutcome opened = state_->open(executor); !opened.ok()) {
    result.outcome = std::move(opened);
    co_return result;
  }
  while (true) {
    // A look at what is already here costs nothing and does not depend on the deadline.
    if (auto here = state_->waiting()) {
      result = std::move(*here);
      break;
    }
    auto operation = readable(&*state_->socket);
    const auto ended = co_await until(deadline, std::move(operation));
    result.outcome = outcome_of(Stage::response, ended);
    if (!result.outcome.ok()) break;
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

std::uint16_t UdpSocket::local_port() const {
  if (!state_->socket) return 0;
  error_code error;
  const auto local = state_->socket->local_endpoint(error);
  return error ? std::uint16_t{0} : local.port();
}

std::string source_address_for(const Endpoint& peer) {
  error_code error;
  const auto address = asio::ip::make_address(peer.address, error);
  if (error) return {};
  asio::io_context context;
  udp::socket socket(context);
  socket.connect({address, peer.port == 0 ? std::uint16_t{9} : peer.port}, error);
  if (error) return {};
  const auto local = socket.local_endpoint(error);
  return error ? std::string{} : local.address().to_string();
}

}  // namespace lkdoctor::net
