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

TEST_CASE("control connection: who has a session is told which of its greetings arrived") {
  DeskSettings settings;
  std::vector<std::string> asked;
  settings.heard.greetings = [&](std::string_view nonce) {
    asked.emplace_back(nonce);
    return proto::GreetingsHeard{{17881, 20000}, true};
  };
  FarDesk far(std::move(settings));
  Call call(far, pair_key());
  CHECK(status_of(call.ask("GET /greetings/0700")) == 403);
  (void)call.open();
  const std::string answer = call.ask("GET /greetings/0700");
  CHECK(status_of(answer) == 200);
  CHECK(body_of(answer) == Json::parse(R"({"ports":[17881,20000],"kept":true})"));
  CHECK(asked == std::vector<std::string>{"0700"});
  CHECK(status_of(call.ask("POST /greetings/0700")) == 404);
}
