// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/udp.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

using boost::asio::awaitable;
using namespace lkdoctor;
using namespace lkdoctor::net;

namespace {

struct Exchange {
  NetOutcome sent;
  Datagram got;
  std::uint16_t port_before = 0, port_after = 0;
};

awaitable<Exchange> exchange(Endpoint peer, Deadline deadline) {
  Exchange result;
  UdpSocket socket(family_of(peer.address));
  result.port_before = socket.local_port();
  result.sent = co_await socket.send(peer, {'h', 'i'});
  result.port_after = socket.local_port();
  result.got = co_await socket.receive(deadline);
  co_return result;
}

/// First to a closed port, then to an open one: the old error must not spoil the new exchange.
awaitable<std::vector<Datagram>> closed_then_open(Endpoint closed, Endpoint open, Deadline deadline) {
  UdpSocket socket(Family::ipv4);
  std::vector<Datagram> all;
  (void)co_await socket.send(closed, {1});
  (void)co_await socket.send(open, {2});
  for (int i = 0; i < 2; ++i) {
    Datagram got = co_await socket.receive(deadline);
    all.push_back(std::move(got));
  }
  co_return all;
}

awaitable<NetOutcome> send_only(Endpoint peer, std::size_t length) {
  UdpSocket socket(family_of(peer.address));
  co_return co_await socket.send(std::move(peer), std::vector<std::uint8_t>(length));
}

}  // namespace

TEST_CASE("a datagram goes there and back over IPv4 and IPv6") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    const test::UdpServer server([](std::string_view text) { return "re: " + std::string(text); }, address);
    const Exchange done = test::run(exchange(server.endpoint(), test::in_ms(2000)));
    CHECK(done.sent.ok());
    CHECK(std::string(done.got.bytes.begin(), done.got.bytes.end()) == "re: hi");
    CHECK(done.got.from == server.endpoint());
    CHECK(done.got.reporter.empty());
    CHECK(done.port_before == 0);
    CHECK(done.port_after != 0);
  }
}

TEST_CASE("a closed port is refused, and the error names its reporter and the datagram it is about") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    const Endpoint closed = test::closed_port(address);
    const Exchange done = test::run(exchange(closed, test::in_ms(2000)));
    CHECK(done.got.outcome.error == NetError::refused);
    CHECK(done.got.outcome.text == "port unreachable");
    CHECK(done.got.reporter == address);
    CHECK(done.got.from == closed);
    CHECK(done.got.bytes == std::vector<std::uint8_t>{'h', 'i'});
  }
}

TEST_CASE("silence times out at the deadline and a cancel ends the wait at once") {
  const test::UdpServer mute([](std::string_view) { return std::string(); });
  const auto start = Clock::now();
  CHECK(test::run(exchange(mute.endpoint(), test::in_ms(120))).got.outcome.error == NetError::timed_out);
  CHECK(Clock::now() - start < Milliseconds(400));
  const auto cancelled =
      test::cancel_after(Milliseconds(40), test::drop(exchange(mute.endpoint(), test::in_ms(5000))));
  CHECK(cancelled.cancelled);
  CHECK(cancelled.took < Milliseconds(1000));
}

TEST_CASE("an error of one datagram does not hide the answer to another") {
  const test::UdpServer open([](std::string_view) { return std::string("ok"); });
  const auto all = test::run(closed_then_open(test::closed_port(), open.endpoint(), test::in_ms(2000)));
  int refused = 0, answered = 0;
  for (const Datagram& got : all) (got.outcome.ok() ? answered : refused) += 1;
  CHECK(refused == 1);
  CHECK(answered == 1);
}

TEST_CASE("what cannot be sent is an outcome") {
  CHECK_FALSE(test::run(send_only({"127.0.0.1", 9}, 70000)).ok());
  CHECK_FALSE(test::run(send_only({"nonsense", 9}, 1)).ok());
}

TEST_CASE("the source address towards loopback is loopback") {
  CHECK(source_address_for({"127.0.0.1", 80}) == "127.0.0.1");
  CHECK(source_address_for({"::1", 80}) == "::1");
  CHECK(source_address_for({"nonsense", 80}).empty());
}
