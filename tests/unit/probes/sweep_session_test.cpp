// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_session.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/net/bell.hpp>

#include "support/test_probe.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using probes::SweepSession;

namespace {

constexpr Ports kPorts{20000, 20009};

/// A responder whose answer to the first tally comes twice. It tells by the first port how often it was asked
/// before.
struct Far {
  net::UdpSocket socket{Family::ipv4};
  PortTestKey key = key_of_code(Secret("4KQ7-2TXM-5CWP-A")).value();
  PortTestKey session;
  int tallies = 0;

  std::vector<Bytes> answers(const PortTestHead& head, const Bytes& bytes) {
    PortTestHead out = head;
    if (head.kind == PortTestKind::greeting) {
      Welcome welcome;
      welcome.client = read_greeting(bytes).value().client;
      welcome.seen_from = {"127.0.0.1", 4};
      welcome.serves = {kPorts};
      session = key_of_session(key, welcome.client, welcome.server);
      return {write_welcome(out, welcome, key)};
    }
    if (head.kind != PortTestKind::tally) return {};
    out.kind = PortTestKind::tallied;
    PortsMarked marked{kPorts, std::vector<bool>(kPorts.size())};
    marked.marks[0] = ++tallies > 1;
    return std::vector<Bytes>(tallies == 1 ? 2 : 1, write_marked(out, marked, session));
  }
};

awaitable<void> serve(Far* far) {
  while (true) {
    const net::Datagram asked = co_await far->socket.receive(test::in_ms(10'000));
    const auto head = peek_port_test(asked.bytes);
    if (!head) continue;
    for (Bytes& answer : far->answers(*head, asked.bytes))
      (void)co_await far->socket.send(asked.from, std::move(answer));
  }
}

using Told = std::vector<std::optional<PortsMarked>>;

awaitable<void> ask_twice(SweepSession* session, const Far* far, Told* told) {
  std::vector<probes::SweepKey> keys{{"pairing code", far->key}};
  std::vector<std::uint16_t> ports{far->socket.local_port()};
  const bool welcomed = co_await session->greet(std::move(keys), std::move(ports));
  for (int i = 0; welcomed && i < 2; ++i) told->push_back(co_await session->ask(PortTestKind::tally, kPorts));
}

awaitable<Told> talk() {
  Far far;
  (void)co_await far.socket.receive(Clock::now());  // binds it
  test::TestProbe probe{Deployment{}};
  probes::PortSweep sweep;
  sweep.address = "127.0.0.1";
  SweepSession session(probe, far.socket.local_port(), probe.deadline(), &sweep);
  Told told;
  std::vector<awaitable<void>> helpers;
  helpers.push_back(serve(&far));
  auto work = ask_twice(&session, &far, &told);
  co_await net::beside(std::move(work), std::move(helpers));
  co_return told;
}

}  // namespace

TEST_CASE("sweep session: an answer to an earlier question is none to the same one that is asked again") {
  const Told told = test::run(talk());
  REQUIRE(told.size() == 2);
  REQUIRE(told[0]);
  CHECK_FALSE(told[0]->marks[0]);
  REQUIRE(told[1]);
  CHECK(told[1]->marks[0]);
}
