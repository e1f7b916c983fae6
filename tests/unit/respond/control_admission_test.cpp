// SPDX-License-Identifier: EUPL-1.2
#include "far_desk.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::respond;
using std::chrono::seconds;

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
