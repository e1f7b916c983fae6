// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/turn_relay.hpp>

#include "support/run.hpp"
#include "support/servers.hpp"
#include "support/turn_server.hpp"

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

const Endpoint kPeer{"192.0.2.9", 20000};

std::string answer_of(test::TurnServer& server, std::string_view packet) {
  const Bytes bytes(packet.begin(), packet.end());
  const auto message = proto::decode_stun(bytes);
  if (message && message->method == proto::turn::kSend) {
    // The relayed peer sends everything back.
    proto::StunMessage back = *message;
    back.method = proto::turn::kData;
    const Bytes echo = proto::encode_stun(back);
    return {echo.begin(), echo.end()};
  }
  const Bytes reply = server.answer(bytes);
  return {reply.begin(), reply.end()};
}

RelayPlan plan_for(const Endpoint& server, std::string password = "relay password") {
  RelayPlan plan;
  plan.server = server;
  plan.credentials = {"1700000000:PA_x", Secret(std::move(password))};
  return plan;
}

struct Talk {
  net::NetOutcome opened, sent;
  net::Datagram echo;
  RelayReport after;
};

awaitable<Talk> talk(RelayPlan plan) {
  Talk out;
  TurnRelay relay(std::move(plan));
  const Deadline end = test::in_ms(3000);
  out.opened = co_await relay.open(end);
  if (out.opened.ok()) {
    Bytes hello{'h', 'i'};
    out.sent = co_await relay.send(kPeer, std::move(hello));
    out.echo = co_await relay.receive(end);
    co_await relay.close();
  }
  out.after = relay.report();
  co_return out;
}

/// One message after another; enough for a stream that carries nothing else.
void serve_turn(test::TurnServer& server, test::Peer& peer) {
  std::string pending;
  while (true) {
    const std::string more = peer.read_some();
    if (more.empty()) return;
    pending += more;
    while (pending.size() >= 20) {
      const auto byte = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<std::uint8_t>(pending[at]));
      };
      const std::size_t whole = 20 + (byte(2) << 8U) + byte(3);
      if (pending.size() < whole) break;
      peer.write(answer_of(server, pending.substr(0, whole)));
      pending.erase(0, whole);
    }
  }
}

}  // namespace

TEST_CASE("a relay over UDP is opened, permits its peer by itself, carries data and is given back") {
  test::TurnServer turn;
  const test::UdpServer server([&](std::string_view packet) { return answer_of(turn, packet); });
  const Talk out = test::run(talk(plan_for(server.endpoint())));
  CHECK(out.opened.ok());
  REQUIRE(out.echo.outcome.ok());
  CHECK(out.echo.bytes == Bytes{'h', 'i'});
  CHECK(out.echo.from == kPeer);
  CHECK(out.after.turn.phase == proto::TurnPhase::released);
  CHECK(out.after.turn.relayed == Endpoint{"198.51.100.7", 30001});
  CHECK(out.after.allocated_after);
}

TEST_CASE("a relay over TLS does the same, and its certificate is described") {
  test::TurnServer turn;
  test::ServerTls tls;
  test::CertificateRequest request;
  request.names = {"DNS:turn.uni.example"};
  tls.identity = test::make_certificate(request);
  const test::Server server(tls, [&](test::Peer& peer) { serve_turn(turn, peer); });
  RelayPlan plan = plan_for(server.endpoint());
  plan.tcp = true;
  plan.tls.emplace();
  plan.tls->server_name = "turn.uni.example";
  plan.tls->alpn = {};
  const Talk out = test::run(talk(std::move(plan)));
  CHECK(out.opened.ok());
  CHECK(out.echo.bytes == Bytes{'h', 'i'});
  REQUIRE(out.after.tls);
  CHECK(out.after.tls->name_matches);
  CHECK_FALSE(out.after.tls->trusted);
}

TEST_CASE("credentials that the relay refuses end with its code") {
  test::TurnServer turn;
  const test::UdpServer server([&](std::string_view packet) { return answer_of(turn, packet); });
  const Talk out = test::run(talk(plan_for(server.endpoint(), "another password")));
  CHECK(out.opened.error == net::NetError::other);
  CHECK(out.opened.text == "401 Unauthorized");
}

TEST_CASE("a peer that the relay refuses comes out of receive as prohibited") {
  test::TurnServer turn;
  turn.permission_code = 403;
  const test::UdpServer server([&](std::string_view packet) { return answer_of(turn, packet); });
  const Talk out = test::run(talk(plan_for(server.endpoint())));
  CHECK(out.echo.outcome.error == net::NetError::prohibited);
  CHECK(out.echo.outcome.text == "the relay refuses this peer");
  CHECK(out.echo.from == kPeer);
  CHECK(out.after.turn.permissions.at(0).error_code == 403);
}

TEST_CASE("a closed UDP port is told by its ICMP error, at once") {
  const auto start = Clock::now();
  const Talk out = test::run(talk(plan_for(test::closed_port())));
  CHECK(out.opened.error == net::NetError::refused);
  CHECK(out.after.reporter == "127.0.0.1");
  CHECK(Clock::now() - start < Milliseconds(1500));
}

TEST_CASE("a web server where the relay should be is recognised") {
  const test::Server server([](test::Peer& peer) {
    (void)peer.read_some();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  RelayPlan plan = plan_for(server.endpoint());
  plan.tcp = true;
  const Talk out = test::run(talk(std::move(plan)));
  CHECK(out.opened.error == net::NetError::malformed);
  CHECK(out.after.turn.foreign.starts_with("HTTP/1.1 400"));
}

TEST_CASE("a server that says nothing costs the relay's patience and no more") {
  const test::UdpServer server([](std::string_view) { return std::string(); });
  RelayPlan plan = plan_for(server.endpoint());
  plan.patience = Milliseconds(300);
  const Talk out = test::run(talk(std::move(plan)));
  CHECK(out.opened.error == net::NetError::timed_out);
}
