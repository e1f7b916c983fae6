// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "respond/responder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using namespace lkdoctor::respond;

namespace {

const Endpoint kClient{"192.0.2.77", 50000};
constexpr std::uint32_t kNow = 1000;  // minutes
const Deadline kStart = Deadline{} + std::chrono::hours(1);

PortTestKey pair_key() {
  return key_of_pair("devkey", Secret("a secret that is long enough to be one"));
}

PortTestKey code_key() {
  return key_of_code(Secret("4KQ7-2TXM-5CWP-A")).value();
}

struct Far {
  explicit Far(Settings more = {}) {
    more.keys = {{"devkey", pair_key()}, {"pairing code", code_key(), true}};
    if (more.serves.empty()) more.serves = {{20000, 25000}};
    more.ends = kStart + std::chrono::minutes(15);
    more.minutes = [this] { return minutes; };
    responder.emplace(
        std::move(more),
        [this](const Ports& ports) {
          held.push_back(ports);
          Held out{std::vector<bool>(ports.size()), {}};
          out.others[0] = true;
          out.why_unopened = why_unopened;
          return out;
        },
        [this](const Event& event) { events.push_back(event); });
  }

  std::optional<Bytes> hear(const Bytes& bytes, Endpoint from = kClient, Deadline now = kStart,
                            std::uint16_t port = 20017) {
    auto answer = responder->take({from, port, bytes, "10.20.0.23"}, now);
    after = answer ? answer->after : std::chrono::seconds(0);
    return answer ? std::optional(std::move(answer->bytes)) : std::nullopt;
  }

  /// The key of the session that a greeting opened.
  PortTestKey greet(const Nonce& nonce = {7}) {
    const auto answer = hear(write_greeting({PortTestKind::greeting, 20017, pair_key().id, ++sequence},
                                            {nonce, kNow}, pair_key()));
    REQUIRE(answer);
    REQUIRE(mac_ok(*answer, pair_key()));
    welcome = read_welcome(*answer).value();
    return key_of_session(pair_key(), welcome.client, welcome.server);
  }

  PortTestHead next(PortTestKind kind, std::uint16_t port = 20017) {
    return {kind, port, welcome.session, ++sequence};
  }

  std::optional<Responder> responder;
  std::vector<Ports> held;
  std::string why_unopened;
  std::vector<Event> events;
  Welcome welcome;
  std::uint32_t sequence = 0, minutes = kNow;
  std::chrono::seconds after{0};  // of the last answer
};

}  // namespace

TEST_CASE("responder: a client with the key is welcomed, probes are echoed, and it learns who it is") {
  Far far;
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
  Far far;
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
  Far far(std::move(ranges));
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

TEST_CASE("responder: what came in at an interface and at no socket is told by the tally, if there is room") {
  Settings tracing;
  tracing.traces = {Family::ipv4};
  Far far(std::move(tracing));
  const PortTestKey key = far.greet();
  const auto trace = [&](const Bytes& bytes, const Endpoint& from = kClient) {
    far.responder->trace({from, 20017, bytes, {}}, kStart);
  };
  const Bytes heard = write_probe(far.next(PortTestKind::probe, 20001), 0, key);
  CHECK(far.hear(heard));
  trace(heard);
  const Bytes late = write_probe(far.next(PortTestKind::probe, 20002), 0, key);
  trace(late);  // a socket hears it after all
  CHECK(far.hear(late));
  trace(write_probe(far.next(PortTestKind::probe, 20003), 0, key));
  trace(write_probe(far.next(PortTestKind::probe, 20004), 0, pair_key()));
  trace(write_asked(far.next(PortTestKind::tally, 20005), {{20000, 20009}}, key));
  const Ports ports{20000, 20009};
  const auto tally = [&](std::size_t length) {
    const auto answer = far.hear(write_asked(far.next(PortTestKind::tally), {ports}, key, length));
    REQUIRE(answer);
    return read_marked(*answer).value();
  };
  const PortsMarked told = tally(bytes_to_trace(ports));
  CHECK(told.marks == std::vector<bool>{false, true, true, false, false, false, false, false, false, false});
  CHECK(told.at_interface ==
        std::vector<bool>{false, false, false, true, false, false, false, false, false, false});
  CHECK(tally(0).at_interface.size() == (bytes_to_ask(ports) >= bytes_to_trace(ports) ? 10 : 0));
}

TEST_CASE("responder: where it may have missed what came in at an interface, silence there is not told") {
  Settings tracing;
  tracing.traces = {Family::ipv4};
  tracing.limits.traced_per_second = 2;
  Far far(std::move(tracing));
  PortTestKey key = far.greet({1});
  const Ports ports{20000, 20009};
  const auto told = [&](Endpoint from = kClient) {
    const auto answer =
        far.hear(write_asked(far.next(PortTestKind::tally), {ports}, key, bytes_to_trace(ports)), from);
    REQUIRE(answer);
    return !read_marked(*answer)->at_interface.empty();
  };
  REQUIRE(told());
  SUBCASE("another family's tap lost some: no matter to this one") {
    far.responder->trace_missed(Family::ipv6);
    CHECK(told());
  }
  SUBCASE("its own was closed, could not be opened again, or lost some; a later session has all of its own") {
    far.responder->trace_missed(Family::ipv4);
    CHECK_FALSE(told());
    key = far.greet({2});
    CHECK(told());
  }
  SUBCASE("no MAC was left for one") {
    for (int i = 0; i < 3; ++i) {
      CHECK(told());
      far.responder->trace({kClient, 20003, write_probe(far.next(PortTestKind::probe, 20003), 0, key), {}},
                           kStart);
    }
    CHECK_FALSE(told());
  }
  SUBCASE("a family that cannot be seen") {
    const Endpoint other{"2001:db8::77", 50000};
    const auto answer = far.hear(
        write_greeting({PortTestKind::greeting, 20017, pair_key().id, 1}, {{3}, kNow}, pair_key()), other);
    REQUIRE(answer);
    far.welcome = read_welcome(*answer).value();
    key = key_of_session(pair_key(), far.welcome.client, far.welcome.server);
    CHECK_FALSE(told(other));
  }
}

TEST_CASE("responder: a responder that cannot see its interfaces tells nothing of them") {
  Far far;
  const PortTestKey key = far.greet();
  const Ports ports{20000, 25000};
  const auto answer =
      far.hear(write_asked(far.next(PortTestKind::tally), {ports}, key, bytes_to_trace(ports)));
  REQUIRE(answer);
  CHECK(read_marked(*answer)->at_interface.empty());
}

TEST_CASE("responder: a slice is held on request, and ports that others have are marked") {
  Far far;
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
  Far far(bound);
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
  Far far(bound);
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
  Far far;
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
  Far far;
  const PortTestKey mine = far.greet({1});
  (void)far.hear(write_asked(far.next(PortTestKind::slice), {{20000, 20499}}, mine));
  const PortTestKey other = far.greet({2});
  const auto answer = far.hear(write_asked(far.next(PortTestKind::slice), {{21000, 21499}}, other));
  REQUIRE(answer);
  CHECK_FALSE(read_marked(*answer)->busy);
}

TEST_CASE("responder: without the right key nothing is answered and nothing is kept") {
  Far far;
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
  Far far;
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
  Far far(few);
  far.greet({1});
  const Deadline later = kStart + std::chrono::minutes(1);
  const PortTestKey key = pair_key();
  CHECK(far.hear(write_greeting({PortTestKind::greeting, 1, key.id, 9}, {{2}, kNow}, key), kClient, later));
  CHECK_FALSE(
      far.hear(write_greeting({PortTestKind::greeting, 1, key.id, 10}, {{1}, kNow}, key), kClient, later));
  CHECK(far.responder->counters().replayed == 1);
}

TEST_CASE("responder: a greeting that is more than ten minutes old or ahead is not answered, and told once") {
  Far far;
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
  Far far(few);
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
  Far far;
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
  Far far;
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
  Far far(few);
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

TEST_CASE("responder: clients outside the allowed networks get nothing, even with the key") {
  Settings strict;
  strict.allowed = {Network::from("192.0.2.64/26").value(), Network::from("2001:db8:1::/48").value()};
  Far far(strict);
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
  Far far(slow);
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
  Far far(slow);
  const PortTestKey key = far.greet();
  Bytes forged = write_greeting({PortTestKind::greeting, 1, pair_key().id, 1}, {{1}, kNow}, pair_key());
  forged.back() ^= 1;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(far.hear(forged, {"203.0.113.9", 4}));
  CHECK(far.responder->counters().wrong_mac == 2);
  CHECK(far.responder->counters().limited == 8);
  CHECK(far.hear(write_probe(far.next(PortTestKind::probe), 0, key)));
}

TEST_CASE("a network is an address or has a length that fits") {
  CHECK(neighbourhood("192.0.2.1") == neighbourhood("192.0.2.200"));
  CHECK(neighbourhood("192.0.2.1") != neighbourhood("192.0.3.1"));
  CHECK(neighbourhood("2001:db8::1") == neighbourhood("2001:db8::2:0:0:1"));
  CHECK(neighbourhood("2001:db8::1") != neighbourhood("2001:db8:0:1::1"));
  CHECK(Network::from("192.0.2.1")->has("192.0.2.1"));
  CHECK_FALSE(Network::from("192.0.2.1")->has("192.0.2.2"));
  CHECK(Network::from("0.0.0.0/0")->has("203.0.113.5"));
  CHECK_FALSE(Network::from("0.0.0.0/0")->has("2001:db8::1"));
  CHECK_FALSE(Network::from("192.0.2.0/33"));
  CHECK_FALSE(Network::from("192.0.2.0/"));
  CHECK_FALSE(Network::from("lk.example"));
}

TEST_CASE("responder: an answer that is asked for later is one, as long as the request, and few may wait") {
  Far far;
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
  Far far;
  (void)far.greet();
  const PortTestKey other = key_of_pair("devkey", Secret("another secret that is long enough"));
  CHECK_FALSE(far.hear(write_later(far.next(PortTestKind::later), {30}, other)));
  CHECK(far.responder->counters().wrong_mac == 1);
}
