// SPDX-License-Identifier: EUPL-1.2
#include "far_desk.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::respond;
using std::chrono::seconds;

TEST_CASE("control connection: a code is good for one session, and a key takes its place") {
  FarDesk far;
  Call first(far, code_key());
  const Json session = body_of(first.open());
  const std::string given = session["key"];
  CHECK(given.size() == 26);
  const auto key = proto::key_of_text(Secret(given)).value();
  CHECK(far.keys.with(key.id) != nullptr);
  CHECK(status_of(first.open()) == 200);  // on this connection the client has the new key already
  CHECK(body_of(first.open())["key"].is_null());
  Call second(far, code_key());
  const std::string answer = second.open();
  CHECK(status_of(answer) == 403);
  CHECK(body_of(answer)["error"] == "this code has been used: lkdoctor respond prints another each time");
  Call successor(far, key);
  CHECK(status_of(successor.open()) == 200);
}

TEST_CASE("control connection: a code is not used up by an answer that could not be made") {
  FarDesk far;
  far.failing = 1;
  Call first(far, code_key());
  CHECK_THROWS_WITH(first.open(), "no random numbers");
  CHECK(far.desk->counters().sessions == 0);
  Call second(far, code_key());
  CHECK(status_of(second.open()) == 200);
}

TEST_CASE("control connection: a code that greeted over UDP is used up here too") {
  FarDesk far;
  far.keys.use(*far.keys.with(code_key().id));
  Call call(far, code_key());
  CHECK(status_of(call.open()) == 403);
}

TEST_CASE("control connection: one client at a time, until it gives its lease back or is silent for 30 s") {
  FarDesk far;
  Call mine(far, pair_key());
  const std::string session = mine.open();
  CHECK(status_of(session) == 200);
  Call other(far, file_key());
  other.now = kStart + seconds(10);
  const std::string busy = other.open();
  CHECK(status_of(busy) == 409);
  CHECK(body_of(busy) == Json::parse(R"({"error":"another client is being served","seconds":20})"));
  CHECK(far.events.back().kind == Event::Kind::session_refused);
  CHECK(far.events.back().why == "192.0.2.77 is being served, for 20 s more if nothing comes of it");
  CHECK(status_of(other.ask("DELETE /session")) == 409);
  SUBCASE("a datagram renews it") {
    far.heard = {key_in(session).id, kStart + seconds(20)};
    other.now = kStart + seconds(49);
    CHECK(body_of(other.open())["seconds"] == 1);
    other.now = kStart + seconds(50);
    CHECK(status_of(other.open()) == 200);
  }
  SUBCASE("a request renews it") {
    mine.now = kStart + seconds(20);
    CHECK(status_of(mine.ask("GET /nothing")) == 404);
    other.now = kStart + seconds(35);
    CHECK(status_of(other.open()) == 409);
    other.now = kStart + seconds(51);
    CHECK(status_of(other.open()) == 200);
  }
  SUBCASE("given back") {
    CHECK(mine.ask("DELETE /session") == "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n");
    CHECK(status_of(other.open()) == 200);
    CHECK(status_of(mine.join("publisher1")) == 403);
  }
}

TEST_CASE("control connection: two clients with one key are two, and each has a session of its own") {
  FarDesk far;
  Call mine(far, pair_key());
  const proto::PortTestKey own = key_in(mine.open());
  Call other(far, pair_key());
  CHECK(status_of(other.open()) == 409);
  CHECK(status_of(other.join("publisher1")) == 403);
  CHECK(status_of(other.ask("DELETE /session")) == 409);
  // What I open besides is mine by the key that came with the session.
  Call besides(far, own);
  CHECK(besides.join("publisher1").empty());
  CHECK(besides.server.wants_upstream());
  Call last(far, own);
  CHECK(body_of(last.open())["key"].is_null());
  CHECK(far.desk->counters().sessions == 1);
  besides.server.finish(kStart);
  CHECK(status_of(last.ask("DELETE /session")) == 204);
  CHECK(status_of(other.open()) == 200);
  CHECK(status_of(mine.open()) == 409);
}

TEST_CASE(
    "control connection: after a thousand sessions no further keys are kept, and a session has its "
    "client's") {
  FarDesk far;
  for (std::size_t i = far.keys.size(); i < 1024; ++i)
    (void)far.keys.add(
        {"devkey", proto::key_of_pair(std::to_string(i), Secret("a secret that is long enough"))});
  Call mine(far, pair_key());
  CHECK(body_of(mine.open())["key"].is_null());
  CHECK(far.keys.size() == 1024);
  Call by_code(far, code_key());
  by_code.now = kStart + seconds(31);
  CHECK(body_of(by_code.open())["key"].is_string());
}

TEST_CASE("control connection: LiveKit's TCP ports are taken for a session, and let go when it is over") {
  FarDesk far;
  far.free_ports = {7881, 5349};
  Call mine(far, pair_key());
  CHECK(far.held == 0);
  const proto::PortTestKey own = key_in(mine.open());
  CHECK(status_of(mine.open()) == 200);
  CHECK(far.held == 1);
  CHECK(far.events.back().why == "TCP 7881, 5349 answers for it until it is over");
  CHECK_FALSE(far.desk->lapse(kStart + seconds(29)));
  CHECK(far.let_go == 0);
  std::string why;
  SUBCASE("given back") {
    (void)mine.ask("DELETE /session");
    why = "it was given back";
  }
  SUBCASE("given back while a call runs: when that has ended") {
    Caller besides{kClient, far.keys.named(proto::control_identity(own))};
    const ControlRequest join{"GET", "/rtc", "Bearer publisher1", true, {}};
    const auto relay = far.desk->answer(besides, join, kStart).relay;
    REQUIRE(relay);
    (void)mine.ask("DELETE /session");
    CHECK(far.let_go == 0);
    far.desk->relay_ended(*relay, kStart);
    why = "it was given back";
  }
  SUBCASE("idle") {
    CHECK(far.desk->lapse(kStart + seconds(30)));
    why = "nothing came of it for 30 s";
  }
  SUBCASE("idle, and another client comes first") {
    Call other(far, file_key());
    other.now = kStart + seconds(30);
    CHECK(status_of(other.open()) == 200);
    CHECK(far.held == 2);
    CHECK(far.let_go == 1);
    return;
  }
  CHECK(far.let_go == 1);
  CHECK(far.events.back().kind == Event::Kind::session_over);
  CHECK(far.events.back().key == "devkey");
  CHECK(far.events.back().why == why + "; TCP 7881, 5349 is let go");
  CHECK(far.desk->lapse(kStart + seconds(60)));
  CHECK(far.let_go == 1);
}

TEST_CASE("control connection: ports are let go, too, where the session could not be made") {
  FarDesk far;
  far.free_ports = {7881};
  far.failing = 1;
  Call mine(far, pair_key());
  CHECK_THROWS_WITH(mine.open(), "no random numbers");
  CHECK(far.held == far.let_go);
}
