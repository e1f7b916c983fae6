// SPDX-License-Identifier: EUPL-1.2
#include "far_responder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using namespace lkdoctor::respond;
using namespace lkdoctor::test;

TEST_CASE("responder: what came in at an interface and at no socket is told by the tally, if there is room") {
  Settings tracing;
  tracing.traces = {Family::ipv4};
  FarResponder far(std::move(tracing));
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
  FarResponder far(std::move(tracing));
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
  FarResponder far;
  const PortTestKey key = far.greet();
  const Ports ports{20000, 25000};
  const auto answer =
      far.hear(write_asked(far.next(PortTestKind::tally), {ports}, key, bytes_to_trace(ports)));
  REQUIRE(answer);
  CHECK(read_marked(*answer)->at_interface.empty());
}
