// SPDX-License-Identifier: EUPL-1.2
#include "far_responder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using namespace lkdoctor::respond;
using namespace lkdoctor::test;

TEST_CASE("responder: without the right key nothing is answered and nothing is kept") {
  FarResponder far;
  const PortTestKey other = key_of_pair("devkey", Secret("another secret that is long enough"));
  CHECK_FALSE(far.hear(write_greeting({PortTestKind::greeting, 1, other.id, 1}, {{1}, kNow}, other)));
  CHECK(far.responder->counters().other_key == 1);
  Bytes forged = write_greeting({PortTestKind::greeting, 1, pair_key().id, 1}, {{1}, kNow}, other);
  CHECK_FALSE(far.hear(forged));
  CHECK(far.responder->counters().wrong_mac == 1);
  CHECK_FALSE(far.hear(write_probe({PortTestKind::probe, 1, {1, 2}, 1}, 0, other)));
  CHECK_FALSE(far.hear({0xf4, 'L', 'K', 'D'}));
  CHECK(far.responder->counters().sessions == 0);
  CHECK(far.responder->counters().answered == 0);
  REQUIRE(far.events.size() == 2);  // each kind once a source
  CHECK(far.events[0].kind == Event::Kind::other_key);
  CHECK(far.events[1].kind == Event::Kind::wrong_mac);
}

TEST_CASE("responder: what was heard once is not answered again, whoever sends it") {
  FarResponder far;
  const PortTestKey key = far.greet();
  const Bytes probe = write_probe(far.next(PortTestKind::probe), 0, key);
  CHECK(far.hear(probe));
  CHECK_FALSE(far.hear(probe));
  CHECK_FALSE(far.hear(probe, {"203.0.113.9", 4}));
  const Bytes greeting =
      write_greeting({PortTestKind::greeting, 20017, pair_key().id, 1}, {{7}, kNow}, pair_key());
  CHECK_FALSE(far.hear(greeting));
  CHECK_FALSE(far.hear(greeting, {"203.0.113.9", 4}));
  CHECK(far.responder->counters().sessions == 1);
}

TEST_CASE("responder: a greeting of a session that is over opens no other") {
  Settings few;
  few.limits.sessions = 1;
  FarResponder far(few);
  far.greet({1});
  const Deadline later = kStart + std::chrono::minutes(1);
  const PortTestKey key = pair_key();
  CHECK(far.hear(write_greeting({PortTestKind::greeting, 1, key.id, 9}, {{2}, kNow}, key), kClient, later));
  CHECK_FALSE(
      far.hear(write_greeting({PortTestKind::greeting, 1, key.id, 10}, {{1}, kNow}, key), kClient, later));
  CHECK(far.responder->counters().replayed == 1);
}

TEST_CASE("responder: a greeting that is more than ten minutes old or ahead is not answered, and told once") {
  FarResponder far;
  const PortTestKey key = pair_key();
  const auto hear = [&](Nonce nonce, std::uint32_t minutes) {
    return far.hear(
        write_greeting({PortTestKind::greeting, 1, key.id, ++far.sequence}, {nonce, minutes}, key));
  };
  CHECK(hear({1}, 990));
  CHECK(hear({2}, 1010));
  CHECK_FALSE(hear({3}, 989));
  CHECK_FALSE(hear({4}, 1011));
  CHECK(far.responder->counters().other_time == 2);
  CHECK(far.responder->counters().sessions == 2);
  REQUIRE(far.events.size() == 2);
  CHECK(far.events[1].kind == Event::Kind::clock);
  CHECK(far.events[1].key == "devkey");
  CHECK(far.events[1].why == "its clock is 11 min behind this host's, or somebody repeats what was heard");
}

TEST_CASE("responder: greetings are remembered as long as they would be taken, so that there is room again") {
  Settings few;
  few.limits.greetings = 2;
  FarResponder far(few);
  const PortTestKey key = pair_key();
  const auto hear = [&](Nonce nonce) {
    return far.hear(
        write_greeting({PortTestKind::greeting, 1, key.id, ++far.sequence}, {nonce, far.minutes}, key));
  };
  CHECK(hear({1}));
  CHECK(hear({2}));
  CHECK_FALSE(hear({3}));
  far.minutes += 11;
  CHECK(hear({3}));
}

TEST_CASE(
    "responder: a code is good for one client, whatever it retransmits, and not used up by lost answers") {
  FarResponder far;
  const PortTestKey code = code_key();
  const auto greet = [&](std::uint8_t nonce, std::uint32_t sequence) {
    return far.hear(write_greeting({PortTestKind::greeting, 1, code.id, sequence}, {{nonce}, kNow}, code));
  };
  const auto probe = [&](const Bytes& answer) {
    const Welcome welcome = read_welcome(answer).value();
    const PortTestKey key = key_of_session(code, welcome.client, welcome.server);
    return far.hear(write_probe({PortTestKind::probe, 20017, welcome.session, 99}, 0, key));
  };
  const auto lost = greet(1, 1);
  REQUIRE(lost);
  CHECK(greet(1, 2));
  // The same client once more, which never heard of that session.
  const auto heard = greet(2, 1);
  REQUIRE(heard);
  CHECK(probe(*heard));
  CHECK_FALSE(greet(3, 1));
  CHECK(far.events.back().kind == Event::Kind::full);
  CHECK(far.events.back().why == "the code was used");
  CHECK_FALSE(probe(*lost));
}

TEST_CASE("responder: the successor of a code greets further addresses, as often as it wants") {
  FarResponder far;
  const PortTestKey code = code_key();
  const auto answer = far.hear(write_greeting({PortTestKind::greeting, 1, code.id, 1}, {{1}, kNow}, code));
  REQUIRE(answer);
  const Welcome welcome = read_welcome(*answer).value();
  const PortTestKey key = key_of_session(code, welcome.client, welcome.server);
  const PortTestKey next = key_of_successor(key);
  CHECK(far.hear(write_probe({PortTestKind::probe, 20017, welcome.session, 2}, 0, key)));
  CHECK(far.hear(write_greeting({PortTestKind::greeting, 1, next.id, 1}, {{2}, kNow}, next)));
  CHECK(far.hear(write_greeting({PortTestKind::greeting, 1, next.id, 1}, {{3}, kNow}, next)));
  CHECK(far.responder->counters().sessions == 3);
  // Sessions by other keys have none.
  const PortTestKey none = key_of_successor(far.greet());
  CHECK_FALSE(far.hear(write_greeting({PortTestKind::greeting, 1, none.id, 1}, {{4}, kNow}, none)));
}

TEST_CASE("responder: while all sessions are in use, a further client is told to the operator") {
  Settings few;
  few.limits.sessions = 1;
  FarResponder far(few);
  far.greet({1});
  const Bytes greeting =
      write_greeting({PortTestKind::greeting, 1, pair_key().id, 9}, {{2}, kNow}, pair_key());
  CHECK_FALSE(far.hear(greeting, kClient, kStart + std::chrono::seconds(4)));
  CHECK(far.events.back().kind == Event::Kind::full);
  CHECK(far.events.back().why ==
        "1 clients are being answered; there is room 1 s from now if one of them is silent");
  // Who is silent for longer has gone.
  CHECK(far.hear(greeting, kClient, kStart + std::chrono::seconds(6)));
}

TEST_CASE(
    "responder: where greetings were heard is known by their nonce, though no answer may have come back") {
  FarResponder far;
  const PortTestKey key = pair_key();
  const auto greet = [&](std::uint16_t port) {
    CHECK(far.hear(write_greeting({PortTestKind::greeting, port, key.id, ++far.sequence}, {{7}, kNow}, key)));
  };
  for (const std::uint16_t port : std::vector<std::uint16_t>{17881, 20000, 25000, 20000}) greet(port);
  const proto::GreetingsHeard heard = far.responder->heard("07000000000000000000000000000000");
  CHECK(heard.ports == std::vector<std::uint16_t>{17881, 20000, 25000});
  CHECK_FALSE(heard.kept);
  CHECK(far.responder->heard("08000000000000000000000000000000").ports.empty());
  CHECK(far.responder->heard("").ports.empty());
}

TEST_CASE("responder: an answer that its own host lets not out is told once, and in the tally") {
  FarResponder far;
  const PortTestKey key = far.greet();
  const auto tally = [&] {
    const auto told = far.hear(write_asked(far.next(PortTestKind::tally), {{20017, 20017}}, key));
    return read_marked(told.value()).value().some_kept;
  };
  CHECK_FALSE(tally());
  const Bytes probe = write_probe(far.next(PortTestKind::probe), 0, key);
  CHECK(far.hear(probe));
  for (int i = 0; i < 2; ++i) far.responder->kept({kClient, 20017, probe, ""});
  CHECK(tally());
  CHECK(far.responder->heard("07000000000000000000000000000000").kept);
  CHECK(far.events.back().kind == Event::Kind::kept);
  CHECK(far.events.back().key == "devkey");
  CHECK(far.events.size() == 2);
  const Bytes foreign{1, 2, 3};
  far.responder->kept({kClient, 20017, foreign, ""});
  CHECK(far.events.size() == 2);
}

TEST_CASE("responder: a client is heard of until its last late answer is sent") {
  FarResponder far;
  const PortTestKey key = far.greet();
  const NamedKey& by = *far.responder->keys().with(pair_key().id);
  CHECK(far.responder->last_heard(by) == kStart);
  CHECK(far.hear(write_later(far.next(PortTestKind::later), {60}, key)));
  CHECK(far.responder->last_heard(by) == kStart + std::chrono::seconds(60));
  CHECK_FALSE(far.responder->last_heard(*far.responder->keys().with(code_key().id)));
}
