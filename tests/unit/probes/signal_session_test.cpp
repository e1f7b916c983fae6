// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/turnstile.hpp>
#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/proto/jwt.hpp>
#include <mutex>
#include <set>

#include "net/ws_frames.hpp"
#include "probes/carried_tokens.hpp"
#include "probes/turn_look.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"
#include "support/turn_server.hpp"

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

/// What a server was asked; its connections are threads.
class Heads {
 public:
  void add(std::string head) {
    const std::lock_guard lock(guard_);
    heads_.push_back(std::move(head));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(guard_);
    return heads_;
  }

 private:
  mutable std::mutex guard_;
  std::vector<std::string> heads_;
};

/// LiveKit as it says no to every upgrade.
test::Server::Serve refusing(Heads& heads, std::string body) {
  return [&heads, body = std::move(body)](test::Peer& peer) {
    std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return;
    heads.add(std::move(head));
    peer.write(
        "HTTP/1.1 401 Unauthorized\r\nVary: Origin\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Connection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  };
}

/// Takes every upgrade and says nothing more.
test::Server::Serve upgrading(Heads& heads) {
  return [&heads](test::Peer& peer) {
    const std::string head = peer.read_until("\r\n\r\n");
    if (head.empty()) return;
    const auto at = head.find("Sec-WebSocket-Key: ") + 19;
    peer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        net::accept_for(head.substr(at, head.find('\r', at) - at)) + "\r\n\r\n");
    heads.add(head);
  };
}

test::TestProbe probe_at(std::uint16_t port) {
  Deployment deployment;
  const Origin given{Origin::Kind::flag, "test", 0, 0};
  deployment.api_key = {"key", given};
  deployment.api_secret.origin = given;
  deployment.secrets.api_secret = Secret("a secret of more than thirty-two characters");
  test::TestProbe probe(std::move(deployment));
  probe.known.set(facts::service_addresses,
                  {"http://127.0.0.1", "127.0.0.1", port, false, "", {"127.0.0.1"}});
  facts::JoinResponse joined;
  joined.through = "service_url";
  joined.address = "127.0.0.1";
  probe.known.set(facts::join_response, joined);
  return probe;
}

std::vector<std::string> asked_for(std::string body) {
  Heads heads;
  const test::Server server(refusing(heads, std::move(body)));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, SignalPlan{});
  CHECK_FALSE(test::run(session.join(test::in_ms(3000))));
  CHECK(session.report().status == 401);
  CHECK(probe.joins == 0);
  return heads.all();
}

bool in_query(const std::string& head) {
  return head.find("access_token=") != std::string::npos;
}
bool in_header(const std::string& head) {
  return head.find("Authorization: Bearer ") != std::string::npos;
}

std::string room_in(const std::string& head) {
  const std::string before = "Authorization: Bearer ";
  const auto at = head.find(before) + before.size();
  const auto token = proto::decode_token(head.substr(at, head.find('\r', at) - at));
  return token ? token->payload.at("video").at("room").get<std::string>() : "";
}

awaitable<void> look_at_both(Probe& probe, RelayTry* tries, RelayPlan plan) {
  std::vector<awaitable<void>> looks;
  looks.push_back(look_through(probe, &tries[0], plan));
  looks.push_back(look_through(probe, &tries[1], plan));
  co_await net::all(std::move(looks));
}

struct Inside {
  std::string gate;
  Milliseconds for_how_long;
};

awaitable<void> be_inside(Inside other) {
  std::vector<std::string> gates{std::move(other.gate)};
  const auto pass = co_await net::Turnstile::enter(std::move(gates), Clock::now());
  co_await net::sleep_until(Clock::now() + other.for_how_long);
}

awaitable<void> try_to_join(SignalSession* session, Milliseconds patience) {
  (void)co_await session->join(Clock::now() + patience);
}

/// The head of the request of a session with lent tokens whose participants are in other sessions first.
std::string asked_after(std::vector<Inside> others, Milliseconds patience) {
  Heads heads;
  const test::Server server(refusing(heads, "no"));
  const test::TestProbe minting = probe_at(server.port());
  Deployment deployment;
  deployment.run.carried.emplace().replaces_token = true;
  for (std::size_t i = 0; i < others.size(); ++i)
    add_carried_pair({Secret("publisher" + std::to_string(i)), Secret("subscriber")}, deployment);
  test::TestProbe probe(deployment);
  probe.known = minting.known;
  SignalSession session(probe, SignalPlan{});
  std::vector<awaitable<void>> all;
  for (Inside& other : others) all.push_back(be_inside(std::move(other)));
  all.push_back(try_to_join(&session, patience));
  test::run(net::all(std::move(all)));
  return heads.all().empty() ? "" : heads.all().front();
}

}  // namespace

TEST_CASE("a token that LiveKit refuses stays out of the query, where logs would keep it") {
  for (const std::string body : {"invalid API key: key", "invalid token: x, error: y", "go away"}) {
    CAPTURE(body);
    const std::vector<std::string> heads = asked_for(body);
    REQUIRE(heads.size() == 1);
    CHECK(in_header(heads[0]));
    CHECK_FALSE(in_query(heads[0]));
  }
}

TEST_CASE("a token that never arrived in its header is sent once more, in the query") {
  const std::vector<std::string> heads = asked_for("permissions denied");
  REQUIRE(heads.size() == 2);
  CHECK(in_header(heads[0]));
  CHECK_FALSE(in_query(heads[0]));
  CHECK(in_query(heads[1]));
  CHECK_FALSE(in_header(heads[1]));
}

TEST_CASE("each way through a TURN server has a room of its own, and each counts") {
  Heads heads;
  const test::Server server(upgrading(heads));
  test::TurnServer turn;
  const test::UdpServer relay([&](std::string_view packet) {
    const Bytes reply = turn.answer(Bytes(packet.begin(), packet.end()));
    return std::string(reply.begin(), reply.end());
  });
  test::TestProbe probe = probe_at(server.port());
  RelayPlan plan;
  plan.server = relay.endpoint();
  plan.credentials = {turn.user, turn.password};
  RelayTry tries[2];
  test::run(look_at_both(probe, tries, plan));
  REQUIRE(tries[0].media);
  REQUIRE(tries[1].media);
  CHECK(probe.joins == 2);
  CHECK(probe.rooms == 2);
  std::set<std::string> rooms;
  for (const std::string& head : heads.all()) rooms.insert(room_in(head));
  CHECK(rooms.size() == 2);
}

TEST_CASE("a join that came to nothing says of a limit that it is one") {
  SignalReport report;
  report.status = 502;
  CHECK(why_in_vain(report) == "HTTP 502");
  report.status = 429;
  CHECK(why_in_vain(report) == "HTTP 429, a limit on requests in front of LiveKit");
  report.outcome = {net::Stage::connect, net::NetError::refused, "connection refused"};
  CHECK(why_in_vain(report) == "connection refused");
  report.outcome = {net::Stage::upgrade, net::NetError::timed_out, "no answer in time"};
  CHECK(why_in_vain(report) == "no answer in time, as where a proxy limits and queues requests");
}

TEST_CASE("who has waited for the participant of a token has all its time afterwards") {
  const std::string head = asked_after({{"token", Milliseconds(600)}}, Milliseconds(300));
  CHECK(head.find("Authorization: Bearer publisher0\r\n") != std::string::npos);
}

TEST_CASE("of several participants the one that is free first is taken") {
  const std::string head =
      asked_after({{"token", Milliseconds(900)}, {"token 1", Milliseconds(300)}}, Milliseconds(100));
  CHECK(head.find("Authorization: Bearer publisher1\r\n") != std::string::npos);
}
