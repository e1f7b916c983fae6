// SPDX-License-Identifier: EUPL-1.2
#include "far_desk.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::respond;
using std::chrono::seconds;

TEST_CASE("control connection: who has the key is told everything that a test needs") {
  FarDesk far;
  Call call(far, pair_key());
  REQUIRE(call.client.connected());
  CHECK(call.server.authenticated());
  const std::string answer = call.open();
  CHECK(status_of(answer) == 200);
  Json session = body_of(answer);
  CHECK(std::exchange(session["key"], nullptr).get<std::string>().size() == 26);
  CHECK(session ==
        Json::parse(R"({"version":1,"key":null,"tokens":["publisher1","subscriber1"],"why_no_tokens":null,
      "room":"lkdoctor-probe","signalling_port":7880,"mode":"raw","udp":[[20000,25000]],
      "tcp":[{"port":7881,"state":"in_use","owner":"livekit-server"}],
      "udp_in_use":[{"from":20017,"to":20018,"owner":"livekit-server"},{"from":20100,"to":20100,"owner":null}],
      "addresses":["192.0.2.10"],"ephemeral":[32768,60999],"clock":1700000000,"seconds":900})"));
  CHECK(far.lives == std::vector{seconds(960)});
  REQUIRE(far.events.size() == 1);
  CHECK(far.events[0].kind == Event::Kind::session);
  CHECK(far.events[0].key == "devkey");
  CHECK(far.events[0].why == "");
}

TEST_CASE("control connection: tokens hold two hours at most, and without a key pair there are none") {
  DeskSettings longer;
  longer.ends = kStart + std::chrono::hours(24);
  FarDesk day(std::move(longer));
  Call call(day, pair_key());
  (void)call.open();
  CHECK(day.lives == std::vector{seconds(7200)});
  DeskSettings poor;
  poor.why_no_tokens = "the responder has no LiveKit key pair";
  FarDesk without(std::move(poor));
  Call other(without, file_key());
  const Json session = body_of(other.open());
  CHECK(session["tokens"].is_null());
  CHECK(session["room"].is_null());
  CHECK(session["why_no_tokens"] == "the responder has no LiveKit key pair");
}

TEST_CASE("control connection: who asks again gets further tokens, of which the last four pairs hold") {
  FarDesk far;
  Call call(far, pair_key());
  std::string all;
  for (int i = 0; i < 5; ++i) all += "POST /session HTTP/1.1\r\nContent-Length: 13\r\n\r\n{\"version\":1}";
  const std::string answers = call.say(all);  // one behind the other, without waiting
  CHECK(answers.find("publisher5") != std::string::npos);
  CHECK(far.events.size() == 1);
  CHECK(far.desk->counters().sessions == 1);
  CHECK(status_of(call.join("publisher1")) == 403);
  CHECK(call.join("subscriber2").empty());
  CHECK(call.server.wants_upstream());
}

TEST_CASE("control connection: without the right key the handshake fails and nothing is answered") {
  FarDesk far;
  Call unknown(far, proto::key_of_pair("devkey", Secret("another secret that is long enough")));
  CHECK_FALSE(unknown.client.connected());
  CHECK(unknown.server.over());
  CHECK(far.events.back().kind == Event::Kind::other_key);
  Call forged(far, proto::control_identity(pair_key()), proto::control_key(file_key()));
  CHECK_FALSE(forged.client.connected());
  CHECK(forged.server.over());
  CHECK(far.events.back().kind == Event::Kind::wrong_mac);
  CHECK(far.events.back().key == "devkey");
  ControlConnection web(far.tls, *far.desk, {"192.0.2.78", 4}, kStart);
  web.feed(view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), kStart);
  CHECK(web.over());
  CHECK(web.take().size() <= 7);  // at most an alert record
  CHECK(far.events.back().kind == Event::Kind::no_key);
  const std::size_t told = far.events.size();
  Call again(far, proto::key_of_pair("devkey", Secret("another secret that is long enough")));
  CHECK(far.events.size() == told);  // each kind once a source
  CHECK(far.desk->counters().handshakes_failed == 4);
}

TEST_CASE(
    "control connection: what comes is taken byte by byte as well, and truncated handshakes end nowhere") {
  FarDesk far;
  PskClient client(pair_key());
  ControlConnection server(far.tls, *far.desk, kClient, kStart);
  client.feed({});
  for (int i = 0; i < 4; ++i) {
    for (const std::uint8_t byte : client.take()) server.feed({&byte, 1}, kStart);
    client.feed(server.take());
  }
  CHECK(client.connected());
  client.write("POST /session HTTP/1.1\r\nContent-Length: 13\r\n\r\n{\"version\":1}");
  for (const std::uint8_t byte : client.take()) server.feed({&byte, 1}, kStart);
  client.feed(server.take());
  CHECK(status_of(client.text()) == 200);
}

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
  CHECK(status_of(mine.open()) == 200);
  Call other(far, file_key());
  other.now = kStart + seconds(10);
  const std::string busy = other.open();
  CHECK(status_of(busy) == 409);
  CHECK(body_of(busy) == Json::parse(R"({"error":"another client is being served","seconds":20})"));
  CHECK(far.events.back().kind == Event::Kind::session_refused);
  CHECK(far.events.back().why == "192.0.2.77 is being served, for 20 s more if nothing comes of it");
  CHECK(status_of(other.ask("DELETE /session")) == 409);
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

TEST_CASE("control connection: who connects too often is told to the operator, with why and until when") {
  FarDesk far;
  for (int i = 0; i < 30; ++i) (void)far.desk->admits(kClient, kStart);
  REQUIRE(far.events.size() == 1);
  CHECK(far.events[0].kind == Event::Kind::slowed);
  CHECK(far.events[0].why == "its network may open 20 connections a second, and opens more");
  far.desk->handshake_failed({"203.0.113.5", 4}, nullptr, false);
  for (int i = 0; i < 10; ++i) (void)far.desk->admits({"203.0.113.5", 4}, kStart);
  CHECK(far.events.back().why == "it showed no key: 2 connections a second until it does");
}

TEST_CASE("control connection: what is no request of ours is refused") {
  FarDesk far;
  Call call(far, pair_key());
  CHECK(status_of(call.ask("GET /session")) == 404);
  CHECK(status_of(call.ask("POST /twirp/livekit.RoomService/ListRooms")) == 404);
  CHECK(status_of(call.ask("POST /session")) == 400);
  CHECK(status_of(call.ask("POST /session", "", R"({"version":2})")) == 400);
  CHECK(status_of(call.ask("POST /session", "", R"([{"version":1}])")) == 400);
  CHECK(status_of(call.ask("POST /session", "Transfer-Encoding: chunked\r\n")) == 411);
  CHECK(call.server.over());
  Call large(far, pair_key());
  CHECK(status_of(large.ask("POST /session", "", std::string(4097, 'x'))) == 413);
  Call broken(far, pair_key());
  CHECK(status_of(broken.say("POST /session\n\r\n\r\n")) == 400);
  Call head(far, pair_key());
  CHECK(status_of(head.say("GET / HTTP/1.1\r\nX: " + std::string(17000, 'x'))) == 431);
  CHECK(head.server.over());
  CHECK(head.client.peer_ended());
}

TEST_CASE("control connection: who is slow is waited for 5 s in handshake and head, 30 s between requests") {
  FarDesk far;
  ControlConnection silent(far.tls, *far.desk, kClient, kStart);
  CHECK(silent.patience() == kStart + seconds(5));
  silent.feed(view("\x16\x03\x01"), kStart + seconds(4));
  CHECK(silent.patience() == kStart + seconds(5));
  silent.expire(kStart + seconds(5));
  CHECK(silent.over());
  CHECK(far.events.back().kind == Event::Kind::no_key);
  Call call(far, pair_key());
  call.now = kStart + seconds(1);
  for (const char* piece : {"POST", " /sess", "ion HTTP/1.1\r\n"}) {
    CHECK(call.say(piece).empty());
    CHECK(call.server.patience() == kStart + seconds(5));  // since the handshake
    call.now += seconds(1);
  }
  CHECK(status_of(call.say("Content-Length: 13\r\n\r\n{\"version\":1}")) == 200);
  CHECK(call.server.patience() == kStart + seconds(4 + 30));
  call.now = kStart + seconds(20);
  (void)call.say("P");
  CHECK(call.server.patience() == kStart + seconds(25));
  call.server.expire(kStart + seconds(25));
  CHECK(call.server.over());
}

TEST_CASE("control connection: no more than its rate, and allowed networks alone") {
  DeskSettings strict;
  strict.allowed = {Network::from("192.0.2.64/26").value()};
  FarDesk far(std::move(strict));
  CHECK_FALSE(far.desk->admits({"192.0.2.1", 4}, kStart));
  CHECK_FALSE(far.desk->admits({"192.0.2.1", 5}, kStart));
  REQUIRE(far.events.size() == 1);
  CHECK(far.events[0].kind == Event::Kind::not_allowed);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += far.desk->admits(kClient, kStart) ? 1 : 0;
  CHECK(admitted == 20);
  CHECK(far.desk->counters().limited == 80);
  CHECK(far.desk->admits(kClient, kStart + seconds(1)));
}

TEST_CASE("control connection: one network does not use up what others may have, and all have a limit") {
  FarDesk far;
  int admitted = 0;
  for (int network = 0; network < 5; ++network) {
    for (int i = 0; i < 100; ++i) {
      const Endpoint from{"2001:db8:0:" + std::to_string(network) + "::" + std::to_string(i + 1), 4};
      admitted += far.desk->admits(from, kStart) ? 1 : 0;
    }
    CHECK(admitted == std::min(60, 20 * (network + 1)));
  }
}

TEST_CASE("control connection: what strangers cause does not keep clients from being told") {
  FarDesk far;
  for (int i = 0; i < 300; ++i)
    far.desk->handshake_failed({"10.0." + std::to_string(i / 100) + "." + std::to_string(i % 100), 4},
                               nullptr, false);
  CHECK(far.events.size() == 256);
  far.keys.use(*far.keys.with(code_key().id));
  Call call(far, code_key());
  CHECK(status_of(call.open()) == 403);
  CHECK(far.events.back().kind == Event::Kind::session_refused);
}

TEST_CASE("control connection: a source that has shown no key does not use up what others may have") {
  FarDesk far;
  far.desk->handshake_failed({"203.0.113.5", 4}, nullptr, false);
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += far.desk->admits({"203.0.113.5", 4}, kStart) ? 1 : 0;
  CHECK(admitted == 8);
  CHECK(far.desk->admits(kClient, kStart));
  // It has the key after all: as when a client with several keys tries one after the other.
  Caller caller{{"203.0.113.5", 4}, far.keys.with(pair_key().id)};
  (void)far.desk->answer(caller, {"GET", "/", {}, false, {}}, kStart);
  CHECK(far.desk->admits({"203.0.113.5", 4}, kStart));
}
