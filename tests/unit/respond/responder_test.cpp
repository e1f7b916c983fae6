// SPDX-License-Identifier: EUPL-1.2
#include "far_responder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using namespace lkdoctor::respond;
using namespace lkdoctor::test;

TEST_CASE("responder: a client with the key is welcomed, probes are echoed, and it learns who it is") {
  FarResponder far;
  const PortTestKey key = far.greet();
  CHECK(far.welcome.serves == std::vector<Ports>{{20000, 25000}});
  CHECK(far.welcome.seconds_left == 900);
  CHECK(text(far.welcome.seen_from) == "192.0.2.77:50000");
  CHECK(far.welcome.at == "10.20.0.23");
  const auto echo = far.hear(write_probe(far.next(PortTestKind::probe, 30017), 1200, key));
  REQUIRE(echo);
  CHECK(echo->size() == 1200);
  CHECK(mac_ok(*echo, key));
  CHECK(peek_port_test(*echo)->port == 20017);  // where it came in: not 30017, behind this NAT
  CHECK(text(read_echo(*echo)->seen_from) == "192.0.2.77:50000");
  REQUIRE(far.events.size() == 1);
  CHECK(far.events[0].key == "devkey");
}

TEST_CASE("responder: it says which of the ports that were addressed it was reached at") {
  FarResponder far;
  const PortTestKey key = far.greet();
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 20003), 0, key));
  const auto tally = far.hear(write_asked(far.next(PortTestKind::tally), {{20000, 25000}}, key));
  REQUIRE(tally);
  const auto marked = read_marked(*tally);
  REQUIRE(marked);
  CHECK(std::ranges::count(marked->marks, true) == 1);
  CHECK(marked->marks[3]);
  CHECK(far.responder->ports_reached() == 1);
}

TEST_CASE(
    "responder: of the ports that are told as reached each counts once, and none that it does not serve") {
  Settings ranges;
  ranges.serves = {{20000, 20009}, {20005, 20019}};
  FarResponder far(std::move(ranges));
  const PortTestKey first = far.greet({1});
  // 17881 is where it is greeted; 30017 is what a client behind a port forward addresses.
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 17881), 0, first), kClient, kStart, 17881);
  CHECK(far.responder->ports_reached() == 0);
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 30017), 0, first), kClient, kStart, 20017);
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 20017), 0, first), kClient, kStart, 20017);
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 20007), 0, first), kClient, kStart, 20007);
  CHECK(far.responder->ports_reached() == 2);
  const PortTestKey second = far.greet({2});
  (void)far.hear(write_probe(far.next(PortTestKind::probe, 20007), 0, second), kClient, kStart, 20007);
  CHECK(far.responder->ports_reached() == 2);
}

TEST_CASE("responder: clients outside the allowed networks get nothing, even with the key") {
  Settings strict;
  strict.allowed = {Network::from("192.0.2.64/26").value(), Network::from("2001:db8:1::/48").value()};
  FarResponder far(strict);
  far.greet();
  const PortTestKey key = pair_key();
  const Bytes greeting = write_greeting({PortTestKind::greeting, 1, key.id, 9}, {{9}, kNow}, key);
  CHECK_FALSE(far.hear(greeting, {"192.0.2.1", 4}));
  CHECK_FALSE(far.hear(greeting, {"2001:db8:2::1", 4}));
  CHECK(far.hear(greeting, {"2001:db8:1::1", 4}));
  CHECK(far.responder->counters().not_allowed == 2);
}

TEST_CASE("responder: more than its rate is not answered") {
  Settings slow;
  slow.limits.answers_per_source = 3;
  FarResponder far(slow);
  const PortTestKey key = far.greet();
  int answers = 1;
  for (int i = 0; i < 10; ++i)
    answers += far.hear(write_probe(far.next(PortTestKind::probe), 0, key)) ? 1 : 0;
  CHECK(answers == 3);
  CHECK(far.events.back().kind == Event::Kind::limited);
  CHECK(far.events.back().why == "it asks for more than 3 answers a second");
  CHECK(far.hear(write_probe(far.next(PortTestKind::probe), 0, key), kClient,
                 kStart + std::chrono::seconds(1)));
}

TEST_CASE("responder: greetings that anybody repeats do not use up the MACs of a session") {
  Settings slow;
  slow.limits.greetings_per_second = 3;
  FarResponder far(slow);
  const PortTestKey key = far.greet();
  Bytes forged = write_greeting({PortTestKind::greeting, 1, pair_key().id, 1}, {{1}, kNow}, pair_key());
  forged.back() ^= 1;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(far.hear(forged, {"203.0.113.9", 4}));
  CHECK(far.responder->counters().wrong_mac == 2);
  CHECK(far.responder->counters().limited == 8);
  CHECK(far.hear(write_probe(far.next(PortTestKind::probe), 0, key)));
}

TEST_CASE("responder: an answer that is asked for later is one, as long as the request, and few may wait") {
  FarResponder far;
  const PortTestKey key = far.greet();
  const Bytes request = write_later(far.next(PortTestKind::later), {30}, key);
  const auto late = far.hear(request);
  REQUIRE(late);
  CHECK(far.after == std::chrono::seconds(30));
  CHECK(late->size() == request.size());
  CHECK(mac_ok(*late, key));
  CHECK(text(read_late(*late)->seen_from) == "192.0.2.77:50000");
  CHECK_FALSE(far.hear(request));  // once
  CHECK_FALSE(far.hear(write_later(far.next(PortTestKind::later), {kLatest + 1}, key)));
  CHECK(far.responder->counters().malformed == 1);
  int waiting = 1;
  while (far.hear(write_later(far.next(PortTestKind::later), {30}, key))) ++waiting;
  CHECK(waiting == 32);
  CHECK(far.responder->counters().limited == 1);
  const Deadline sent = kStart + std::chrono::seconds(30);
  CHECK(far.hear(write_later(far.next(PortTestKind::later), {1}, key), kClient, sent));
}

TEST_CASE("responder: who does not know the key has no answer kept for later") {
  FarResponder far;
  (void)far.greet();
  const PortTestKey other = key_of_pair("devkey", Secret("another secret that is long enough"));
  CHECK_FALSE(far.hear(write_later(far.next(PortTestKind::later), {30}, other)));
  CHECK(far.responder->counters().wrong_mac == 1);
}
