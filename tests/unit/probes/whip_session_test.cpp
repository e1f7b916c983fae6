// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/signal_session.hpp>
#include <lkdoctor/proto/dtls.hpp>
#include <lkdoctor/proto/jwt.hpp>
#include <lkdoctor/proto/sdp.hpp>
#include <mutex>

#include "support/run.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

const std::string kAnswer =
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 AB:CD\r\na=group:BUNDLE 0\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:passive\r\na=mid:0\r\n"
    "a=ice-ufrag:theirs\r\na=ice-pwd:a-password-of-theirs-22\r\n"
    "a=candidate:1 1 udp 2130706431 198.51.100.23 20017 typ host\r\na=end-of-candidates\r\n";

/// Every request of every connection, head and body.
struct Requests {
  std::mutex guard;
  std::vector<std::string> all;
  void add(std::string text) {
    const std::lock_guard lock(guard);
    all.push_back(std::move(text));
  }
};

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string created() {
  return answer("201 Created",
                "Content-Type: application/sdp\r\nLocation: /whip/v1/PA_x\r\nETag: theirs\r\n"
                "Link: <turn:turn.uni.example:3478%3Ftransport=udp>; username=\"u\"; credential=\"c\"; "
                "rel=\"ice-server\"\r\n",
                kAnswer);
}

/// LiveKit's WHIP; the answer to an offer comes late if wished.
test::Server::Serve whip(Requests& requests, std::string to_offer, Milliseconds late = {}) {
  return [&requests, to_offer, late](test::Peer& peer) {
    while (true) {
      std::string text = peer.read_until("\r\n\r\n");
      if (text.empty()) return;
      const auto length = text.find("Content-Length: ");
      const std::size_t body = length == std::string::npos ? 0 : std::stoul(text.substr(length + 16));
      while (text.size() < text.find("\r\n\r\n") + 4 + body) text += peer.read_some();
      const bool offer = text.starts_with("POST");
      requests.add(std::move(text));
      if (offer) std::this_thread::sleep_for(late);
      peer.write(offer ? to_offer : answer("200 OK", "", ""));
    }
  };
}

test::TestProbe probe_at(std::uint16_t port) {
  Deployment deployment;
  const Origin given{Origin::Kind::flag, "test", 0, 0};
  deployment.api_key = {"key", given};
  deployment.api_secret.origin = given;
  deployment.secrets.api_secret = Secret("a secret of more than thirty-two characters");
  test::TestProbe probe(std::move(deployment));
  probe.known.set(facts::public_addresses,
                  {"http://127.0.0.1/lk", "127.0.0.1", port, false, "/lk", {"127.0.0.1"}});
  facts::JoinResponse joined;
  joined.through = "public_url";
  joined.address = "127.0.0.1";
  joined.by_whip = true;
  probe.known.set(facts::join_response, joined);
  return probe;
}

std::string claim(const std::string& request, const char* name) {
  const std::string before = "Authorization: Bearer ";
  const auto at = request.find(before) + before.size();
  const auto token = proto::decode_token(request.substr(at, request.find('\r', at) - at));
  if (!token) return {};
  if (name == std::string("room")) return token->payload.at("video").at("room").get<std::string>();
  return token->payload.at(name).dump();
}

struct Seen {
  bool joined = false;
  SignalEvent first, second, third;
};

awaitable<void> whole_session(SignalSession* session, Deadline deadline, Seen* seen) {
  seen->joined = co_await session->join(deadline, "v=0\r\nour offer");
  seen->first = co_await session->next(deadline);
  seen->second = co_await session->next(deadline);
  proto::Trickle ours;
  ours.candidate = "candidate:1 1 udp 1 192.0.2.1 9 typ host";
  (void)co_await session->tell(ours, deadline);
  seen->third = co_await session->next(Clock::now() + Milliseconds(20));
  co_await session->leave();
}

awaitable<void> join_and_leave(SignalSession* session, Deadline deadline, Seen* seen) {
  seen->joined = co_await session->join(deadline);
  co_await session->leave();
}

}  // namespace

TEST_CASE("by WHIP the offer goes along with the join, and its answer comes like any other message") {
  Requests requests;
  const test::Server server(whip(requests, created()));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, {});
  Seen seen;
  test::run(whole_session(&session, test::in_ms(3000), &seen));
  CHECK(seen.joined);
  CHECK(session.by_whip());
  CHECK(session.info().ice_urls == std::vector<std::string>{"turn:turn.uni.example:3478?transport=udp"});
  CHECK(session.info().ice_servers.front().credential == Secret("c"));
  CHECK(seen.first.message.kind == proto::SignalKind::answer);
  CHECK(seen.first.message.description.sdp == kAnswer);
  CHECK(seen.second.message.trickle.final);
  CHECK(seen.third.outcome.error == net::NetError::timed_out);
  CHECK(session.report().first_message == "answer");
  CHECK(session.report().by_whip);
  CHECK(session.report().left);
  CHECK(probe.joins == 1);
  CHECK(probe.rooms == 1);
  CHECK(probe.requests == 3);
}

TEST_CASE("a session by WHIP ends with a DELETE of the same participant") {
  Requests requests;
  const test::Server server(whip(requests, created()));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, {});
  Seen seen;
  test::run(whole_session(&session, test::in_ms(3000), &seen));
  REQUIRE(requests.all.size() == 3);
  const std::string &offer = requests.all[0], &telling = requests.all[1], &leaving = requests.all[2];
  CHECK(offer.starts_with("POST /lk/whip/v1 HTTP/1.1\r\n"));
  CHECK(offer.find("Content-Type: application/sdp\r\n") != std::string::npos);
  CHECK(offer.ends_with("\r\n\r\nv=0\r\nour offer"));
  CHECK(telling.starts_with("PATCH /lk/whip/v1/PA_x HTTP/1.1\r\n"));
  CHECK(telling.find("If-Match: theirs\r\n") != std::string::npos);
  CHECK(telling.ends_with("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"));
  CHECK(leaving.starts_with("DELETE /lk/whip/v1/PA_x HTTP/1.1\r\n"));
  CHECK(claim(offer, "room").starts_with("lkdoctor-"));
  for (const char* name : {"room", "sub"}) CHECK(claim(offer, name) == claim(leaving, name));
  const auto lives = std::stoll(claim(offer, "exp")) - std::stoll(claim(offer, "nbf"));
  CHECK(lives <= 90);  // 60 s from now on, and 30 s back for clocks that are late
  CHECK(server.accepted() == 1);
}

TEST_CASE("an answer that comes too late still tells whom to take away again") {
  Requests requests;
  const test::Server server(whip(requests, created(), Milliseconds(300)));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, {});
  Seen seen;
  test::run(join_and_leave(&session, test::in_ms(100), &seen));
  CHECK_FALSE(seen.joined);
  CHECK(session.report().outcome.error == net::NetError::timed_out);
  CHECK(session.report().left);
  REQUIRE(requests.all.size() == 2);
  CHECK(requests.all[1].starts_with("DELETE /lk/whip/v1/PA_x "));
}

TEST_CASE("an offer that LiveKit refuses is no session") {
  Requests requests;
  const test::Server server(whip(requests, answer("401 Unauthorized", "", "{\"error\":\"no\"}")));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, {});
  Seen seen;
  test::run(join_and_leave(&session, test::in_ms(3000), &seen));
  CHECK_FALSE(seen.joined);
  CHECK(session.report().status == 401);
  CHECK_FALSE(session.report().left);
  CHECK(probe.joins == 0);
  CHECK(probe.unauthorized == 1);
  CHECK(requests.all.size() == 1);
}

TEST_CASE("what is no SDP is no session, and is taken away all the same") {
  Requests requests;
  const test::Server server(whip(requests, answer("201 Created", "Location: /whip/v1/PA_y\r\n", "hello")));
  test::TestProbe probe = probe_at(server.port());
  SignalSession session(probe, {});
  Seen seen;
  test::run(join_and_leave(&session, test::in_ms(3000), &seen));
  CHECK_FALSE(seen.joined);
  CHECK(session.report().first_message == "malformed");
  REQUIRE(requests.all.size() == 2);
  CHECK(requests.all[1].starts_with("DELETE /lk/whip/v1/PA_y "));
}
