// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <atomic>
#include <lkdoctor/net/stun.hpp>
#include <lkdoctor/proto/stun.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"

using namespace lkdoctor;

namespace {

/// A STUN server that sees everybody at `seen`.
std::string answer(std::string_view datagram, const Endpoint& seen) {
  const auto request =
      proto::decode_stun(ByteView(reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size()));
  if (!request) return {};
  proto::StunMessage reply;
  reply.kind = proto::StunClass::success;
  reply.id = request->id;
  reply.attributes.push_back(proto::xor_mapped_address(seen, request->id));
  const Bytes bytes = proto::encode_stun(reply);
  return {bytes.begin(), bytes.end()};
}

/// The socket lives in the coroutine: it must not outlive the io_context it is bound to.
boost::asio::awaitable<std::vector<net::StunReply>> ask_from_one_socket(std::vector<Endpoint> servers,
                                                                        net::StunPatience patience) {
  net::UdpSocket socket(Family::ipv4);
  co_return co_await net::ask_stun(&socket, std::move(servers), patience, test::in_ms(10'000));
}

std::vector<net::StunReply> ask(std::vector<Endpoint> servers, net::StunPatience patience = {}) {
  return test::run(ask_from_one_socket(std::move(servers), patience));
}

}  // namespace

TEST_CASE("several STUN servers are asked from one socket and each answer finds its server") {
  const test::UdpServer one([](std::string_view in) { return answer(in, {"198.51.100.1", 1}); });
  const test::UdpServer two([](std::string_view in) { return answer(in, {"198.51.100.2", 2}); });
  const auto replies = ask({one.endpoint(), two.endpoint()});
  REQUIRE(replies.size() == 2);
  CHECK(replies[0].mapped == Endpoint{"198.51.100.1", 1});
  CHECK(replies[1].mapped == Endpoint{"198.51.100.2", 2});
  CHECK(replies[0].tries == 1);
}

TEST_CASE("a lost first request is sent again after half a second") {
  std::atomic<int> seen = 0;
  const test::UdpServer server([&](std::string_view in) {
    return ++seen == 1 ? std::string() : answer(in, {"198.51.100.1", 1});
  });
  const auto start = Clock::now();
  const auto replies = ask({server.endpoint()});
  CHECK(replies[0].outcome.ok());
  CHECK(replies[0].tries == 2);
  CHECK(Clock::now() - start >= Milliseconds(490));
}

TEST_CASE("a silent server is given up soon after another one has answered") {
  const test::UdpServer good([](std::string_view in) { return answer(in, {"198.51.100.1", 1}); });
  const test::UdpServer silent([](std::string_view) { return std::string(); });
  const auto start = Clock::now();
  const auto replies = ask({silent.endpoint(), good.endpoint()});
  CHECK(replies[0].outcome.error == net::NetError::timed_out);
  CHECK(replies[0].tries == 2);
  CHECK(replies[1].outcome.ok());
  CHECK(Clock::now() - start < Milliseconds(1'500));
}

TEST_CASE("a closed port ends at once, and silence ends at the limit") {
  CHECK(ask({test::closed_port()})[0].outcome.error == net::NetError::refused);
  const test::UdpServer silent([](std::string_view) { return std::string(); });
  net::StunPatience patience;
  patience.longest = Milliseconds(700);
  const auto replies = ask({silent.endpoint()}, patience);
  CHECK(replies[0].outcome.error == net::NetError::timed_out);
  CHECK(replies[0].tries == 2);
}

TEST_CASE("garbage, a foreign transaction and an answer without an address are not taken for an answer") {
  net::StunPatience patience;
  patience.longest = Milliseconds(300);
  const test::UdpServer garbage([](std::string_view) { return std::string("hello"); });
  CHECK(ask({garbage.endpoint()}, patience)[0].outcome.error == net::NetError::timed_out);
  const test::UdpServer foreign([](std::string_view in) {
    std::string out = answer(in, {"198.51.100.1", 1});
    out[10] = static_cast<char>(out[10] ^ 1);
    return out;
  });
  CHECK(ask({foreign.endpoint()}, patience)[0].outcome.error == net::NetError::timed_out);
  const test::UdpServer echo([](std::string_view in) { return std::string(in); });
  CHECK(ask({echo.endpoint()}, patience)[0].outcome.error == net::NetError::malformed);
}
