// SPDX-License-Identifier: EUPL-1.2
#include "far_responder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using namespace lkdoctor::respond;
using namespace lkdoctor::test;

TEST_CASE("responder: a slice is held on request, and ports that others have are marked") {
  FarResponder far;
  const PortTestKey key = far.greet();
  const auto sliced = far.hear(write_asked(far.next(PortTestKind::slice), {{20000, 20499}}, key));
  REQUIRE(sliced);
  CHECK(peek_port_test(*sliced)->kind == PortTestKind::sliced);
  CHECK(read_marked(*sliced)->marks[0]);
  CHECK(far.held == std::vector<Ports>{{20000, 20499}});
}

TEST_CASE("responder: a slice belongs to a session until that gives it back or is silent for five seconds") {
  Settings bound;
  bound.mode = ResponderMode::bound;
  FarResponder far(bound);
  const PortTestKey mine = far.greet({1});
  const Welcome my_welcome = far.welcome;
  const PortTestKey other = far.greet({2});
  const Welcome other_welcome = far.welcome;
  const auto ask = [&](const Welcome& welcome, const PortTestKey& key, Ports ports, int seconds) {
    const PortTestHead head{PortTestKind::slice, 20017, welcome.session, ++far.sequence};
    const auto answer =
        far.hear(write_asked(head, {ports}, key), kClient, kStart + std::chrono::seconds(seconds));
    REQUIRE(answer);
    return read_marked(*answer).value();
  };
  CHECK_FALSE(ask(my_welcome, mine, {20000, 20499}, 0).busy);
  const PortsMarked refused = ask(other_welcome, other, {21000, 21499}, 4);
  CHECK(refused.busy);
  CHECK(far.events.back().kind == Event::Kind::busy);
  CHECK(far.events.back().why == "192.0.2.77 has its own now, until it gives them back or is silent for 5 s");
  CHECK(std::ranges::count(refused.marks, true) == 0);
  CHECK(far.held == std::vector<Ports>{{20000, 20499}});
  SUBCASE("it goes on with the next") {
    CHECK_FALSE(ask(my_welcome, mine, {20500, 20999}, 5).busy);
    CHECK(ask(other_welcome, other, {21000, 21499}, 9).busy);
  }
  SUBCASE("given back") {
    CHECK_FALSE(ask(my_welcome, mine, kNoSlice, 4).busy);
    CHECK_FALSE(ask(other_welcome, other, {21000, 21499}, 4).busy);
    CHECK(far.held == std::vector<Ports>{{20000, 20499}, kNoSlice, {21000, 21499}});
  }
  SUBCASE("silent") {
    CHECK_FALSE(ask(other_welcome, other, {21000, 21499}, 5).busy);
  }
  SUBCASE("silent, and nobody else wants it: LiveKit has its ports again after half a minute") {
    CHECK(far.responder->look(kStart + std::chrono::seconds(30)));
    CHECK(far.held.size() == 1);
    CHECK_FALSE(far.responder->look(kStart + std::chrono::seconds(31)));
    CHECK(far.held == std::vector<Ports>{{20000, 20499}, kNoSlice});
  }
  SUBCASE("silent, since it waits for an answer that is due later") {
    const PortTestHead head{PortTestKind::later, 20017, my_welcome.session, ++far.sequence};
    REQUIRE(far.hear(write_later(head, {60}, mine)));
    CHECK(far.responder->look(kStart + std::chrono::seconds(59)));
    CHECK(far.held.size() == 1);
  }
}

TEST_CASE("responder: ports that cannot be opened are not somebody else's, and the operator reads why") {
  Settings bound;
  bound.mode = ResponderMode::bound;
  FarResponder far(bound);
  const PortTestKey key = far.greet();
  far.why_unopened = "20000: Too many open files";
  const auto sliced = far.hear(write_asked(far.next(PortTestKind::slice), {{20000, 20499}}, key));
  REQUIRE(sliced);
  CHECK(read_marked(*sliced)->some_unopened);
  CHECK(far.events.back().kind == Event::Kind::unopened);
  CHECK(far.events.back().why == "20000: Too many open files");
}

TEST_CASE(
    "responder: a client that falls silent in the middle of its sweep is told once, with what it had "
    "reached") {
  FarResponder far;
  const PortTestKey key = far.greet();
  (void)far.hear(write_asked(far.next(PortTestKind::slice), {{20000, 20499}}, key));
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 20003), 0, key));
  CHECK(far.responder->look(kStart + std::chrono::seconds(5)));
  CHECK(far.events.size() == 1);
  SUBCASE("it never came back") {
    CHECK_FALSE(far.responder->look(kStart + std::chrono::seconds(6)));
    REQUIRE(far.events.size() == 2);
    CHECK(far.events[1].kind == Event::Kind::silent);
    CHECK(far.events[1].from.address == "192.0.2.77");
    CHECK(far.events[1].why ==
          "1 of 500 ports were reached by then; it was stopped, or something on the way has banned it");
  }
  SUBCASE("it had come to the end: it has asked what it reached") {
    (void)far.hear(write_asked(far.next(PortTestKind::tally), {{20000, 20499}}, key));
    CHECK_FALSE(far.responder->look(kStart + std::chrono::seconds(6)));
    CHECK(far.events.size() == 1);
  }
}

TEST_CASE("responder: with a raw socket every port answers everybody, and no client waits for another") {
  FarResponder far;
  const PortTestKey mine = far.greet({1});
  (void)far.hear(write_asked(far.next(PortTestKind::slice), {{20000, 20499}}, mine));
  const PortTestKey other = far.greet({2});
  const auto answer = far.hear(write_asked(far.next(PortTestKind::slice), {{21000, 21499}}, other));
  REQUIRE(answer);
  CHECK_FALSE(read_marked(*answer)->busy);
}
