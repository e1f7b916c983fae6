// SPDX-License-Identifier: EUPL-1.2
#include "far_desk.hpp"
#include "respond/control_target.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::respond;
using std::chrono::seconds;

namespace {

constexpr std::string_view kSwitched = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

}  // namespace

TEST_CASE("relay: a request with a token of the session goes to LiveKit as it is, then both ways") {
  FarDesk far;
  Call call(far, pair_key());
  (void)call.open();
  CHECK(call.join("publisher1").empty());
  REQUIRE(call.server.wants_upstream());
  CHECK(call.server.take_upstream() ==
        "GET /rtc/v1?protocol=15 HTTP/1.1\r\nHost: responder\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Authorization: Bearer publisher1\r\n\r\n");
  call.server.upstream_opened(kStart);
  (void)call.say("too early");
  CHECK(call.server.take_upstream().empty());  // LiveKit has not agreed yet
  call.server.feed_upstream(view(kSwitched.substr(0, 5)), kStart);
  call.server.feed_upstream(view(kSwitched.substr(5)), kStart);
  CHECK(call.server.take_upstream() == "too early");
  call.pump();
  CHECK(call.client.text() == kSwitched);
  (void)call.say("\x82\x01x");
  CHECK(call.server.take_upstream() == "\x82\x01x");
  CHECK(call.server.patience() == kStart + seconds(120));
  REQUIRE(far.events.size() == 2);
  CHECK(far.events[1].kind == Event::Kind::relayed);
  CHECK(far.events[1].count == 1);
}

TEST_CASE("relay: each side may end first, and what the other still says arrives") {
  FarDesk far;
  Call call(far, pair_key());
  (void)call.open();
  (void)call.join("publisher1");
  (void)call.server.take_upstream();
  call.server.upstream_opened(kStart);
  call.server.feed_upstream(view(kSwitched), kStart);
  call.pump();
  (void)call.client.text();
  SUBCASE("the client") {
    call.client.write("last");
    call.client.end();
    call.pump();
    CHECK(call.server.take_upstream() == "last");
    CHECK(call.server.upstream_is_over());
    CHECK_FALSE(call.server.over());
    call.server.upstream_ended(kStart);
    CHECK(call.server.over());
  }
  SUBCASE("LiveKit") {
    call.server.feed_upstream(view("bye"), kStart);
    call.server.upstream_ended(kStart);
    CHECK_FALSE(call.server.over());
    call.pump();
    CHECK(call.client.text() == "bye");
    CHECK(call.client.peer_ended());
    CHECK(call.server.patience() == kStart + seconds(5));
    call.client.end();
    call.pump();
    CHECK(call.server.over());
  }
  // The lease outlives the relay by 30 s.
  Call other(far, file_key());
  other.now = kStart + seconds(29);
  CHECK(status_of(other.open()) == 409);
  other.now = kStart + seconds(31);
  CHECK(status_of(other.open()) == 200);
}

TEST_CASE("relay: while one is open the lease holds, however long it is silent") {
  FarDesk far;
  Call call(far, pair_key());
  (void)call.open();
  (void)call.join("subscriber1");
  call.server.upstream_opened(kStart);
  Call other(far, file_key());
  other.now = kStart + seconds(100);
  CHECK(body_of(other.open())["seconds"] == 30);
}

TEST_CASE("relay: a lease that was given back is over when its relays are, and none is added") {
  FarDesk far;
  Call call(far, pair_key());
  const proto::PortTestKey own = key_in(call.open());
  (void)call.join("subscriber1");
  call.server.upstream_opened(kStart);
  Call mine(far, own);
  CHECK(status_of(mine.ask("DELETE /session")) == 204);
  CHECK(status_of(mine.join("publisher1")) == 403);
  Call other(far, file_key());
  CHECK(status_of(other.open()) == 409);
  call.server.finish(kStart);
  CHECK(status_of(other.open()) == 200);
  CHECK(status_of(mine.join("publisher1")) == 403);
}

TEST_CASE("relay: who gave the lease back and asks for a session again goes on with it") {
  FarDesk far;
  Call call(far, pair_key());
  const proto::PortTestKey own = key_in(call.open());
  (void)call.join("subscriber1");
  call.server.upstream_opened(kStart);
  Call mine(far, own);
  CHECK(status_of(mine.ask("DELETE /session")) == 204);
  CHECK(status_of(mine.open()) == 200);
  call.server.finish(kStart);
  Call other(far, file_key());
  CHECK(status_of(other.open()) == 409);
}

TEST_CASE("relay: behind an answer that is no 101 nothing more reaches LiveKit") {
  FarDesk far;
  Call call(far, pair_key());
  (void)call.open();
  (void)call.join("publisher1");
  (void)call.server.take_upstream();
  call.server.upstream_opened(kStart);
  (void)call.say("POST /twirp/livekit.RoomService/ListRooms HTTP/1.1\r\n\r\n");
  const std::string_view refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";
  call.server.feed_upstream(view(refusal), kStart);
  CHECK(call.say("POST /twirp/livekit.RoomService/ListRooms HTTP/1.1\r\n\r\n") == refusal);
  CHECK(call.server.take_upstream().empty());
  CHECK(call.server.upstream_is_over());
  call.server.upstream_ended(kStart);
  call.pump();
  CHECK(call.client.peer_ended());
}

TEST_CASE("relay: another path, another token, a token in the query, no session: refused") {
  FarDesk far;
  Call call(far, pair_key());
  CHECK(status_of(call.join("publisher1")) == 403);
  (void)call.open();
  CHECK(status_of(call.join("publisher2")) == 403);
  CHECK(status_of(call.join("")) == 403);
  for (const char* target : {"/rtc/v1?access_token=publisher1", "/rtc?a=b&access%5ftoken=publisher1",
                             "/rtc/../twirp/x", "/rtc//", "/rtcx", "/rtc/v2", "/rtc%2fv1"}) {
    CAPTURE(target);
    CHECK(status_of(call.join("publisher1", target)) == 403);
  }
  CHECK(status_of(call.join("publisher1", "http://127.0.0.1:7880/rtc")) == 404);
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::string bearer = "Authorization: Bearer publisher1\r\n";
  CHECK(status_of(call.ask("GET /rtc", bearer)) == 403);
  CHECK(status_of(call.ask("POST /rtc", upgrade + bearer)) == 403);
  CHECK(status_of(call.ask("GET /rtc", upgrade + bearer + bearer)) == 403);
  CHECK(status_of(call.ask("GET /rtc", upgrade + bearer, "body")) == 403);
  CHECK_FALSE(call.server.wants_upstream());
  CHECK(far.desk->counters().relays == 0);
}

TEST_CASE("relay: LiveKit cannot be reached is an answer, and so are too many relays") {
  FarDesk far;
  Call call(far, pair_key());
  const proto::PortTestKey own = key_in(call.open());
  (void)call.join("publisher1");
  call.server.upstream_refused(proto::RelayFault::absent,
                               "LiveKit does not take connections at 127.0.0.1:7880: Connection refused",
                               kStart);
  call.pump();
  const std::string answer = call.client.text();
  CHECK(status_of(answer) == 502);
  CHECK(body_of(answer)["error"] ==
        "LiveKit does not take connections at 127.0.0.1:7880: Connection refused");
  CHECK(body_of(answer)["livekit"] == "absent");
  CHECK(call.server.over());
  std::vector<std::unique_ptr<Call>> open;
  for (int i = 0; i < 8; ++i) {
    open.push_back(std::make_unique<Call>(far, own));
    CHECK(open.back()->join("publisher1").empty());
  }
  Call ninth(far, own);
  CHECK(status_of(ninth.join("publisher1")) == 503);
  open.front()->server.finish(kStart);
  CHECK(ninth.join("publisher1").empty());
}

TEST_CASE("relay: a client that floods before LiveKit answers is let go") {
  FarDesk far;
  Call call(far, pair_key());
  (void)call.open();
  (void)call.join("publisher1");
  call.server.upstream_opened(kStart);
  for (int i = 0; i < 9; ++i) (void)call.say(std::string(8192, 'x'));
  CHECK(call.server.over());
}

TEST_CASE("a path is LiveKit's for joining to the letter, and a token in a query is found however escaped") {
  CHECK(is_signalling("/rtc/v1"));
  CHECK(is_signalling("/rtc/validate"));
  CHECK_FALSE(is_signalling("/rtc/"));
  CHECK_FALSE(is_signalling(""));
  CHECK(carries_token("/rtc?%61ccess_token"));
  CHECK(carries_token("/rtc?a=1;access_token=x"));
  CHECK_FALSE(carries_token("/rtc?a=access_token&%"));
  CHECK_FALSE(carries_token("/rtc?%zz&%4"));
}
