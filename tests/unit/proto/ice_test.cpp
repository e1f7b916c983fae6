// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/ice.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

const Endpoint kServer{"198.51.100.7", 20000};
const Endpoint kClient{"203.0.113.5", 40000};
constexpr PathId kPath = 3;

Candidate candidate(const Endpoint& endpoint) {
  Candidate out;
  out.foundation = "1";
  out.endpoint = endpoint;
  return out;
}

/// Two agents that know each other, and the time. What one sends reaches the other unless it is dropped.
struct Two {
  IceCredentials client_credentials = random_ice_credentials();
  IceCredentials server_credentials = random_ice_credentials();
  IceAgent client{client_credentials, server_credentials};
  IceAgent server{server_credentials, client_credentials, server_settings()};
  Clock::time_point now{};
  Endpoint answers_come_from = kServer;

  static IceSettings server_settings() {
    IceSettings settings;
    settings.controlling = false;
    return settings;
  }
  void to_server() {
    for (const auto& packet : client.take()) server.receive(kPath, kClient, packet.bytes, now);
  }
  void to_client() {
    for (const auto& packet : server.take()) client.receive(kPath, answers_come_from, packet.bytes, now);
  }
  void exchange() {
    for (int i = 0; i < 8; ++i) {
      to_server();
      to_client();
    }
  }
  void wait(Milliseconds time) {
    now += time;
    client.on_timer(now);
    server.on_timer(now);
  }
  void drop() { (void)client.take(); }
};

}  // namespace

TEST_CASE("a check is answered, and both sides learn where they are seen") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.now += Milliseconds(5);
  two.exchange();
  const PairState& state = two.client.state(pair);
  CHECK(state.status == PairStatus::answered);
  CHECK(state.first_rtt == Microseconds(5000));
  CHECK(state.first_answered_try == 1);
  CHECK(state.mapped == kClient);
  CHECK_FALSE(state.answered_from);
  CHECK(state.requests_from_peer >= 1);  // the peer's triggered check
  REQUIRE(two.server.pairs() == 1);
  CHECK(two.server.state(0).learned);
  CHECK(two.server.state(0).mapped == kServer);
}

TEST_CASE("tries come quickly at first, and a pair is silent only after all of them") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  const IceSettings settings;
  const auto start = two.now;
  while (const auto due = two.client.next_timer()) {
    CHECK(two.client.state(pair).status == PairStatus::checking);
    two.now = *due;
    two.client.on_timer(two.now);
    two.drop();
  }
  CHECK(two.client.state(pair).status == PairStatus::silent);
  CHECK(two.client.state(pair).requests_sent == static_cast<int>(settings.tries.size()) - 1);
  CHECK(two.now - start == settings.tries.back());
  CHECK(two.client.settled());
}

TEST_CASE("the third try counts as well as the first, and says so") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.drop();
  two.wait(Milliseconds(40));
  two.drop();
  two.wait(Milliseconds(80));
  two.exchange();
  CHECK(two.client.state(pair).status == PairStatus::answered);
  CHECK(two.client.state(pair).first_answered_try == 3);
}

TEST_CASE("an answer that comes after the last try still counts") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  const auto request = two.client.take();
  two.wait(Milliseconds(5000));
  while (two.client.next_timer()) two.wait(Milliseconds(5000));
  two.drop();
  REQUIRE(two.client.state(pair).status == PairStatus::silent);
  two.server.receive(kPath, kClient, request.at(0).bytes, two.now);
  two.to_client();
  CHECK(two.client.state(pair).status == PairStatus::answered);
}

TEST_CASE("over a long line, answers to hundreds of checks on their way all count") {
  Two two;
  constexpr int kChecks = 200;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.exchange();
  for (int i = 0; i < kChecks; ++i) two.client.check_again(pair, two.now);
  const int before = two.client.state(pair).answers;
  two.wait(Milliseconds(600));
  two.to_server();
  two.to_client();
  CHECK(two.client.state(pair).answers - before == kChecks);
}

TEST_CASE("an answer from another address does not make a pair usable, and the address is kept") {
  Two two;
  two.answers_come_from = {"198.51.100.8", 20000};
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.to_server();
  two.to_client();
  CHECK(two.client.state(pair).status == PairStatus::asymmetric);
  CHECK(two.client.state(pair).answered_from == Endpoint{"198.51.100.8", 20000});
}

TEST_CASE("checks of the peer from an unlisted address make a pair of their own, which is checked") {
  Two two;
  const Endpoint elsewhere{"192.0.2.99", 5000};
  two.client.add_pair(kPath, candidate(kServer), two.now);
  two.drop();
  two.answers_come_from = elsewhere;
  two.server.add_pair(kPath, candidate(kClient), two.now);
  two.exchange();
  REQUIRE(two.client.pairs() == 2);
  CHECK(two.client.state(1).learned);
  CHECK(two.client.state(1).remote.endpoint == elsewhere);
  CHECK(two.client.state(1).remote.type == CandidateType::prflx);
  CHECK(two.client.state(1).status == PairStatus::answered);
  CHECK(two.client.state(0).status == PairStatus::checking);
}

TEST_CASE("a nomination holds once it is answered, reaches the peer, and the pair is kept alive") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.exchange();
  two.client.nominate(pair, two.now);
  two.drop();
  CHECK_FALSE(two.client.nominated());
  two.wait(Milliseconds(100));
  two.exchange();
  CHECK(two.client.nominated() == pair);
  CHECK(two.server.nominated() == 0);
  const int before = two.client.state(pair).requests_sent;
  two.wait(Milliseconds(2000));
  CHECK(two.client.state(pair).requests_sent == before + 1);
}

TEST_CASE("a nomination that comes with the peer's first check waits for our own check") {
  Two two;
  two.client.add_pair(kPath, candidate(kServer), two.now);
  two.client.nominate(0, two.now);  // aggressive: at once
  two.exchange();
  CHECK(two.client.nominated() == 0);
  CHECK(two.server.nominated() == 0);
}

TEST_CASE("two agents that both want to control settle it, and the check succeeds") {
  Two two;
  two.server = IceAgent(two.server_credentials, two.client_credentials);
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.exchange();
  CHECK(two.client.controlling() != two.server.controlling());
  CHECK(two.client.state(pair).status == PairStatus::answered);
}

TEST_CASE("two agents that both obey settle it too") {
  Two two;
  two.client = IceAgent(two.client_credentials, two.server_credentials, Two::server_settings());
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.exchange();
  CHECK(two.client.controlling() != two.server.controlling());
  CHECK(two.client.state(pair).status == PairStatus::answered);
}

TEST_CASE("a request that is not signed with our password is not answered, but counted") {
  Two two;
  two.client.add_pair(kPath, candidate(kServer), two.now);
  two.drop();
  IceAgent stranger({two.server_credentials.ufrag, two.server_credentials.pwd},
                    {two.client_credentials.ufrag, Secret("0123456789012345678901")});
  stranger.add_pair(kPath, candidate(kClient), two.now);
  for (const auto& packet : stranger.take()) CHECK(two.client.receive(kPath, kServer, packet.bytes, two.now));
  CHECK(two.client.take().empty());
  CHECK(two.client.state(0).requests_rejected == 1);
  CHECK(two.client.state(0).requests_from_peer == 0);
}

TEST_CASE("answers without integrity, of a wrong path or made up are ignored") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  const auto request = decode_stun(two.client.take().at(0).bytes);
  REQUIRE(request);
  StunMessage reply;
  reply.kind = StunClass::success;
  reply.id = request->id;
  reply.add_xored(stun_attribute::kXorMappedAddress, kClient);
  CHECK(two.client.receive(kPath, kServer, encode_stun(reply, {{}, true}), two.now));
  const Bytes good = encode_stun(reply, {short_term_key(two.server_credentials.pwd), true});
  CHECK(two.client.receive(kPath + 1, kServer, good, two.now));
  CHECK(two.client.state(pair).status == PairStatus::checking);
  CHECK(two.client.receive(kPath, kServer, good, two.now));
  CHECK(two.client.state(pair).status == PairStatus::answered);
}

TEST_CASE("an error answer other than a role conflict ends the tries and keeps its code") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  const auto request = decode_stun(two.client.take().at(0).bytes);
  StunMessage reply;
  reply.kind = StunClass::error;
  reply.id = request->id;
  reply.add(stun_attribute::kErrorCode, Bytes{0, 0, 4, 0});
  two.client.receive(kPath, kServer, encode_stun(reply), two.now);
  CHECK(two.client.state(pair).status == PairStatus::refused);
  CHECK(two.client.state(pair).error_code == 400);
  CHECK_FALSE(two.client.next_timer());
}

TEST_CASE("a padded check has the size that was asked for, and its answer is counted for that size") {
  Two two;
  const PairId pair = two.client.add_pair(kPath, candidate(kServer), two.now);
  two.exchange();
  for (const std::size_t size : {128UL, 1200UL, 1472UL, 65504UL}) {
    (void)two.client.take();  // answers to the server's checks
    two.client.check_sized(pair, size, two.now);
    const auto packets = two.client.take();
    REQUIRE(packets.size() == 1);
    CHECK(packets[0].bytes.size() == size);
    if (size <= 1200) two.server.receive(kPath, kClient, packets[0].bytes, two.now);
    two.to_client();
  }
  const PairState& state = two.client.state(pair);
  REQUIRE(state.sizes.size() == 4);
  CHECK(state.sizes[1].answered == 1);
  CHECK(state.sizes[2].answered == 0);
  CHECK_THROWS_AS(two.client.check_sized(pair, 1201, two.now), std::invalid_argument);
}

TEST_CASE("DTLS and RTP are left to others, and hostile STUN neither answers nor crashes") {
  Two two;
  two.client.add_pair(kPath, candidate(kServer), two.now);
  const Bytes good = two.client.take().at(0).bytes;
  CHECK_FALSE(two.client.receive(kPath, kServer, Bytes{22, 254, 253}, two.now));
  CHECK_FALSE(two.client.receive(kPath, kServer, Bytes{0x80, 111}, two.now));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK(two.server.receive(kPath, kClient, ByteView(good).first(size), two.now));
  }
  CHECK(two.server.take().empty());
  CHECK(two.server.pairs() == 0);
}

TEST_CASE("a flood of valid checks from ever new addresses makes a bounded number of pairs") {
  Two two;
  two.server.add_pair(kPath, candidate(kClient), two.now);
  const auto request = two.server.take().at(0).bytes;
  for (std::uint16_t port = 1; port < 200; ++port) {
    two.client.receive(kPath, {"192.0.2.1", port}, request, two.now);
  }
  CHECK(two.client.pairs() == 16);
}

TEST_CASE("an IPv6 candidate in capitals is the address its answers come from") {
  Two two;
  two.answers_come_from = {"2001:db8::7", 20000};
  const PairId pair = two.client.add_pair(kPath, candidate({"2001:DB8:0::7", 20000}), two.now);
  two.to_server();
  two.to_client();
  CHECK(two.client.state(pair).status == PairStatus::answered);
}

TEST_CASE("credentials are long enough and never the same") {
  const IceCredentials one = random_ice_credentials();
  CHECK(one.ufrag.size() == 8);
  CHECK(one.pwd.size() == 32);
  CHECK_FALSE(one.pwd == random_ice_credentials().pwd);
}
