// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/dtls.hpp>
#include <random>
#include <thread>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

const DtlsIdentity& ours() {
  static const DtlsIdentity identity = DtlsIdentity::make();
  return identity;
}
const DtlsIdentity& theirs() {
  static const DtlsIdentity identity = DtlsIdentity::make();
  return identity;
}

DtlsOptions quick() {
  DtlsOptions options;
  options.first_timeout = Milliseconds(20);
  options.longest_timeout = Milliseconds(40);
  return options;
}

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

/// Two ends and the wire between them. `deliver` decides what becomes of a datagram.
struct Pair {
  Dtls client, server;
  Pair(const DtlsOptions& client_options, const DtlsOptions& server_options,
       const DtlsIdentity& client_is = ours(), const DtlsIdentity& server_is = theirs())
      : client(DtlsRole::client, client_is, client_options),
        server(DtlsRole::server, server_is, server_options) {
    client.start();
  }
  template <class Deliver>
  void run(Deliver deliver) {
    for (int round = 0; round < 200 && !over(); ++round) {
      const bool forth = pass(client, server, deliver, true);
      const bool back = pass(server, client, deliver, false);
      if (!forth && !back) wait();
    }
  }
  void run() {
    run([](bool, const Bytes& datagram) { return std::vector<Bytes>{datagram}; });
  }
  bool over() const {
    return client.state() != DtlsState::handshaking && server.state() != DtlsState::handshaking;
  }
  template <class Deliver>
  static bool pass(Dtls& from, Dtls& to, Deliver& deliver, bool from_client) {
    bool moved = false;
    while (auto datagram = from.take()) {
      moved = true;
      for (const Bytes& arrived : deliver(from_client, *datagram)) to.feed(arrived);
    }
    return moved;
  }
  void wait() {
    // OpenSSL's timers follow the real clock: wait for exactly what it says.
    const auto left = std::min(client.next_timeout().value_or(Milliseconds(5)),
                               server.next_timeout().value_or(Milliseconds(5)));
    std::this_thread::sleep_for(left);
    client.on_timeout();
    server.on_timeout();
  }
};

}  // namespace

TEST_CASE("two ends finish a handshake, compare fingerprints and agree on SRTP keys") {
  DtlsOptions of_client = quick(), of_server = quick();
  of_client.expected_fingerprint = theirs().fingerprint();
  of_server.expected_fingerprint = ours().fingerprint();
  Pair pair(of_client, of_server);
  pair.run();
  REQUIRE(pair.client.state() == DtlsState::done);
  REQUIRE(pair.server.state() == DtlsState::done);
  CHECK(pair.client.peer_fingerprint() == theirs().fingerprint());
  CHECK(theirs().fingerprint().size() == 95);
  const auto of_us = pair.client.srtp_keys(), of_them = pair.server.srtp_keys();
  REQUIRE((of_us && of_them));
  CHECK(of_us->profile == SrtpProfile::aead_aes_128_gcm);
  CHECK(of_us->local.size() == 28);
  CHECK(of_us->local == of_them->remote);
  CHECK(of_us->remote == of_them->local);
  CHECK_FALSE(of_us->local == of_us->remote);
  CHECK(pair.client.trace().retransmissions == 0);
  CHECK(pair.server.last_seen()->message == "Finished");
}

TEST_CASE("application data passes both ways, one record at a time, and close_notify ends it") {
  Pair pair(quick(), quick());
  pair.run();
  REQUIRE(pair.client.write(bytes("one")));
  REQUIRE(pair.client.write(bytes("two")));
  auto all = [](bool, const Bytes& datagram) { return std::vector<Bytes>{datagram}; };
  Pair::pass(pair.client, pair.server, all, true);
  CHECK(pair.server.read() == bytes("one"));
  CHECK(pair.server.read() == bytes("two"));
  CHECK(pair.server.read() == std::nullopt);
  REQUIRE(pair.server.write(bytes("back")));
  Pair::pass(pair.server, pair.client, all, false);
  CHECK(pair.client.read() == bytes("back"));
  CHECK_FALSE(pair.client.write(Bytes(1'201, 0)));
  pair.client.close();
  Pair::pass(pair.client, pair.server, all, true);
  CHECK(pair.server.state() == DtlsState::closed);
  CHECK_FALSE(pair.client.write(bytes("late")));
}

TEST_CASE("the first flight of either side may be lost, whatever it is") {
  for (int lost = 0; lost < 8; ++lost) {
    CAPTURE(lost);
    Pair pair(quick(), quick());
    int seen = 0;
    pair.run([&](bool, const Bytes& datagram) {
      return seen++ == lost ? std::vector<Bytes>{} : std::vector<Bytes>{datagram};
    });
    CHECK(pair.client.state() == DtlsState::done);
    CHECK(pair.server.state() == DtlsState::done);
  }
}

TEST_CASE("a third of the datagrams is lost, others arrive twice or late") {
  std::mt19937 dice(7);  // NOLINT(cert-msc51-cpp): the same every time
  Pair pair(quick(), quick());
  std::optional<Bytes> late;
  pair.run([&](bool, const Bytes& datagram) {
    std::vector<Bytes> arrived;
    const auto fate = dice() % 6;
    if (fate < 2) return arrived;
    if (fate == 2 && !late) {
      late = datagram;
      return arrived;
    }
    arrived.push_back(datagram);
    if (fate == 3) arrived.push_back(datagram);
    if (late) arrived.push_back(*std::exchange(late, std::nullopt));
    return arrived;
  });
  CHECK(pair.client.state() == DtlsState::done);
  CHECK(pair.server.state() == DtlsState::done);
  CHECK(pair.client.trace().retransmissions + pair.server.trace().retransmissions > 0);
}

TEST_CASE("a certificate other than the announced one fails the handshake") {
  DtlsOptions of_client = quick();
  of_client.expected_fingerprint = ours().fingerprint();
  Pair pair(of_client, quick());
  pair.run();
  CHECK(pair.client.state() == DtlsState::failed);
  CHECK(pair.client.failure() == DtlsFailure::fingerprint_mismatch);
  CHECK(pair.client.reason() == "the peer's certificate is not the one that its session description names");
  CHECK(pair.client.srtp_keys() == std::nullopt);
}

TEST_CASE("a fingerprint in small letters is the same") {
  DtlsOptions of_client = quick();
  for (const char letter : theirs().fingerprint()) {
    of_client.expected_fingerprint += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  Pair pair(of_client, quick());
  pair.run();
  CHECK(pair.client.state() == DtlsState::done);
}

TEST_CASE("a padded certificate fills datagrams up to 1200 bytes and none is longer") {
  const DtlsIdentity padded = DtlsIdentity::make(kFullSizePadding);
  Pair pair(quick(), quick(), padded, padded);
  std::size_t longest = 0;
  pair.run([&](bool, const Bytes& datagram) {
    longest = std::max(longest, datagram.size());
    return std::vector<Bytes>{datagram};
  });
  CHECK(pair.client.state() == DtlsState::done);
  CHECK(longest == 1'200);
  CHECK(pair.client.trace().largest_sent == 1'200);
  CHECK(pair.server.trace().largest_received == 1'200);
}

TEST_CASE("where datagrams above a size vanish, the trace says how far it came") {
  const DtlsIdentity padded = DtlsIdentity::make(kFullSizePadding);
  Pair pair(quick(), quick(), padded, theirs());
  pair.run([](bool, const Bytes& datagram) {
    return datagram.size() > 1'000 ? std::vector<Bytes>{} : std::vector<Bytes>{datagram};
  });
  CHECK(pair.client.state() != DtlsState::done);
  CHECK(pair.client.trace().last_received->message == "ServerHelloDone");
  CHECK(pair.client.trace().largest_sent == 1'200);
  CHECK(pair.client.trace().retransmissions > 0);
}

TEST_CASE("a peer that never answers: the last thing seen is our own hello, and it ends") {
  Dtls client(DtlsRole::client, ours(), quick());
  client.start();
  while (client.state() == DtlsState::handshaking) {
    while (client.take()) {
    }
    REQUIRE(client.next_timeout());
    std::this_thread::sleep_for(*client.next_timeout());
    client.on_timeout();
  }
  CHECK(client.state() == DtlsState::failed);
  CHECK(client.reason() == "no answer to twelve repetitions of our last flight");
  CHECK(client.last_seen()->message == "ClientHello");
  CHECK(client.last_seen()->sent);
  CHECK(client.trace().last_received == std::nullopt);
}

TEST_CASE("garbage, cut and altered datagrams do not disturb a handshake") {
  std::mt19937 dice(11);  // NOLINT(cert-msc51-cpp)
  Pair pair(quick(), quick());
  pair.run([&](bool, const Bytes& datagram) {
    std::vector<Bytes> arrived;
    for (std::size_t size = 0; size < datagram.size(); size += 7) {
      arrived.emplace_back(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(size));
    }
    Bytes noise(dice() % 200);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(dice());
    if (!noise.empty()) noise.front() = 22;
    arrived.push_back(noise);
    arrived.push_back(datagram);
    return arrived;
  });
  CHECK(pair.client.state() == DtlsState::done);
  CHECK(pair.server.state() == DtlsState::done);
}

TEST_CASE("what is not DTLS is handed back") {
  Dtls client(DtlsRole::client, ours());
  CHECK_FALSE(client.feed({}));
  CHECK_FALSE(client.feed(Bytes{0x00, 0x01}));  // STUN
  CHECK_FALSE(client.feed(Bytes{0x80, 0x60}));  // RTP
  CHECK(client.feed(Bytes{22}));
}
