// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/timer.hpp>
#include <stdexcept>

#include "support/run.hpp"
#include "support/servers.hpp"

using boost::asio::awaitable;
using namespace lkdoctor;
using namespace lkdoctor::net;

namespace {

struct Talk {
  Dialled dialled;
  NetOutcome sent;
  TcpStream::Received received;
  Milliseconds took{0};
};

awaitable<Talk> talk(Endpoint peer, std::string bytes, int deadline_ms) {
  Talk result;
  TcpStream stream;
  const Deadline deadline = test::in_ms(deadline_ms);
  const auto start = Clock::now();
  result.dialled = co_await stream.connect(std::move(peer), deadline);
  if (!result.dialled.outcome.ok()) co_return result;
  std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  result.sent = co_await stream.send(std::move(data), deadline);
  result.received = co_await stream.receive(1024, deadline);
  result.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - start);
  co_return result;
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

awaitable<void> fail_after(int milliseconds) {
  co_await sleep_until(test::in_ms(milliseconds));
  throw std::runtime_error("bang");
}
awaitable<void> count_after(int milliseconds, int* count) {
  co_await sleep_until(test::in_ms(milliseconds));
  ++*count;
}
awaitable<void> run_all(std::vector<awaitable<void>> operations) {
  co_await all(std::move(operations));
}

}  // namespace

TEST_CASE("bytes go there and back over IPv4 and IPv6") {
  for (const char* address : {"127.0.0.1", "::1"}) {
    test::Server server([](test::Peer& peer) { peer.write("got " + peer.read_some()); }, address);
    const Talk talked = test::run(talk(server.endpoint(), "hello", 2000));
    CHECK(talked.dialled.outcome.ok());
    CHECK(talked.sent.ok());
    CHECK(text_of(talked.received.bytes) == "got hello");
  }
}

TEST_CASE("a closed port is refused at once") {
  const Dialled dialled = test::run(dial(test::closed_port(), test::in_ms(2000)));
  CHECK(dialled.outcome.error == NetError::refused);
  CHECK(dialled.outcome.stage == Stage::connect);
  CHECK(dialled.outcome.text == "connection refused");
  CHECK(dialled.took < std::chrono::milliseconds(500));
}

TEST_CASE("a port that answers nothing times out at the deadline, in the stage connect") {
  const test::FullBacklog silent;
  const auto start = Clock::now();
  const Dialled dialled = test::run(dial(silent.endpoint(), test::in_ms(150)));
  CHECK(dialled.outcome.error == NetError::timed_out);
  CHECK(dialled.outcome.stage == Stage::connect);
  CHECK(Clock::now() - start < std::chrono::milliseconds(400));
}

TEST_CASE("an address without a route and an address of another family are told as such") {
  CHECK(test::run(dial({"255.255.255.255", 80}, test::in_ms(200))).outcome.error != NetError::none);
  const Dialled none = test::run(dial({"not-an-address", 80}, test::in_ms(200)));
  CHECK(none.outcome.error == NetError::other);
  CHECK(none.outcome.text == "not a numeric address");
}

TEST_CASE("silence, an orderly end and a reset are three different endings") {
  test::Server silent([](test::Peer& peer) { peer.wait_for_end(); });
  const Talk first = test::run(talk(silent.endpoint(), "x", 150));
  CHECK(first.received.outcome.error == NetError::timed_out);
  CHECK(first.took < Milliseconds(400));

  test::Server closing([](test::Peer& peer) { peer.read_some(); });
  CHECK(test::run(talk(closing.endpoint(), "x", 2000)).received.outcome.error == NetError::closed);

  test::Server resetting([](test::Peer& peer) {
    peer.read_some();
    peer.reset();
  });
  CHECK(test::run(talk(resetting.endpoint(), "x", 2000)).received.outcome.error == NetError::reset);
}

TEST_CASE("cancelling ends a connect and a receive at once") {
  const test::FullBacklog silent;
  const auto connecting =
      test::cancel_after(Milliseconds(50), test::drop(dial(silent.endpoint(), test::in_ms(5000))));
  CHECK(connecting.cancelled);
  CHECK(connecting.took < Milliseconds(1000));
  test::Server mute([](test::Peer& peer) { peer.wait_for_end(); });
  const auto receiving = test::cancel_after(Milliseconds(50), test::drop(talk(mute.endpoint(), "x", 5000)));
  CHECK(receiving.cancelled);
  CHECK(receiving.took < Milliseconds(1000));
}

TEST_CASE("all() waits for every operation, also after one threw, and nothing is no operation") {
  int count = 0;
  test::run(all({}));
  std::vector<awaitable<void>> both;
  both.push_back(count_after(5, &count));
  both.push_back(count_after(20, &count));
  test::run(run_all(std::move(both)));
  CHECK(count == 2);
  std::vector<awaitable<void>> failing;
  failing.push_back(fail_after(5));
  failing.push_back(count_after(40, &count));
  CHECK_THROWS_WITH(test::run(run_all(std::move(failing))), "bang");
  CHECK(count == 3);
}

TEST_CASE("cancelling all() cancels its operations at once") {
  int count = 0;
  std::vector<awaitable<void>> slow;
  slow.push_back(count_after(5000, &count));
  slow.push_back(count_after(5000, &count));
  const auto result = test::cancel_after(Milliseconds(30), run_all(std::move(slow)));
  CHECK(result.cancelled);
  CHECK(result.took < Milliseconds(1000));
  CHECK(count == 0);
}
