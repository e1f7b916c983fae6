// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/data_channel.hpp>
#include <random>
#include <thread>

#include "proto/dcep.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

/// Time only goes on here: the SCTP stack is one per process.
Clock::time_point& now() {
  static Clock::time_point time = Clock::now();
  return time;
}

Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}

struct Pair {
  DataChannels client{true}, server{false};
  Pair() {
    client.start(now());
    server.start(now());
  }
  /// Ten milliseconds of virtual time a round; `passes` decides about each packet.
  template <class Passes>
  void run(int rounds, Passes passes) {
    for (int round = 0; round < rounds; ++round) {
      for (int turn = 0; turn < 4; ++turn) {
        pass(client, server, passes);
        pass(server, client, passes);
      }
      now() += Milliseconds(10);
      client.on_timer(now());
      server.on_timer(now());
    }
  }
  void run(int rounds = 5) {
    run(rounds, [](const Bytes&) { return true; });
  }
  template <class Passes>
  static void pass(DataChannels& from, DataChannels& to, Passes& passes) {
    while (auto packet = from.take()) {
      if (passes(*packet)) to.feed(*packet, now());
    }
  }
};

}  // namespace

TEST_CASE("two ends open an association and channels from either side, and both know the label") {
  Pair pair;
  CHECK(pair.client.state() == SctpState::connecting);
  const auto reliable = pair.client.open("_reliable");
  const auto lossy = pair.client.open("_lossy", {false, 0});
  pair.server.open("theirs");
  pair.run();
  REQUIRE(pair.client.state() == SctpState::open);
  REQUIRE(pair.server.state() == SctpState::open);
  CHECK(reliable == 0);
  CHECK(lossy == 2);
  CHECK(pair.client.find("_reliable")->open);
  CHECK(pair.client.find("_lossy")->open);
  REQUIRE(pair.client.find("theirs") != nullptr);
  CHECK(pair.client.find("theirs")->stream == 1);
  CHECK_FALSE(pair.client.find("theirs")->ours);
  CHECK(pair.server.find("theirs")->open);
  CHECK(pair.server.channels().size() == 3);
}

TEST_CASE("messages of all sizes and kinds arrive whole, and no packet is longer than a datagram may be") {
  Pair pair;
  const auto stream = pair.client.open("_reliable");
  pair.run();
  std::size_t longest = 0;
  const auto note = [&](const Bytes& packet) {
    longest = std::max(longest, packet.size());
    return true;
  };
  CHECK(pair.client.send(stream, bytes("hello"), false));
  CHECK(pair.client.send(stream, {}));
  CHECK(pair.client.send(stream, Bytes(20'000, 7)));
  pair.run(20, note);
  const auto text = pair.server.receive(), empty = pair.server.receive(), big = pair.server.receive();
  REQUIRE((text && empty && big));
  CHECK(text->data == bytes("hello"));
  CHECK_FALSE(text->binary);
  CHECK(empty->data.empty());
  CHECK(big->data == Bytes(20'000, 7));
  CHECK(longest <= 1'150);
  CHECK(longest > 1'000);
  CHECK_FALSE(pair.client.send(stream, Bytes(65'537, 0)));
  CHECK_FALSE(pair.client.send(40, bytes("no such channel")));
}

TEST_CASE("a quarter of the packets is lost and everything arrives in order all the same") {
  std::mt19937 dice(3);  // NOLINT(cert-msc51-cpp): the same every time
  Pair pair;
  const auto stream = pair.client.open("_reliable");
  const auto lossy = [&](const Bytes&) { return dice() % 4 != 0; };
  // The library compares its timers with the real clock, so this waits for real.
  std::uint8_t sent = 0, received = 0;
  for (int round = 0; round < 2'000 && received < 50; ++round) {
    if (pair.client.state() == SctpState::open && sent < 50 && pair.client.send(stream, Bytes(1, sent)))
      ++sent;
    std::this_thread::sleep_for(Milliseconds(5));
    now() = std::max(now(), Clock::now());
    pair.run(1, lossy);
    while (const auto message = pair.server.receive()) CHECK(message->data == Bytes(1, received++));
  }
  CHECK(received == 50);
}

TEST_CASE("a peer that vanishes closes the other end at once, and nothing is kept of it") {
  DataChannels client(true);
  {
    DataChannels server(false);
    client.start(now());
    server.start(now());
    for (int i = 0; i < 10; ++i) {
      while (auto packet = client.take()) server.feed(*packet, now());
      while (auto packet = server.take()) client.feed(*packet, now());
    }
    CHECK(client.state() == SctpState::open);
  }
  for (int i = 0; i < 20; ++i) {
    const DataChannels another(true);  // each with an association that nobody answers
  }
  CHECK(client.next_timer());
}

TEST_CASE("garbage and cut packets change nothing") {
  std::mt19937 dice(5);  // NOLINT(cert-msc51-cpp)
  Pair pair;
  const auto stream = pair.client.open("_reliable");
  const auto noisy = [&](const Bytes& packet) {
    for (std::size_t size = 0; size < packet.size(); size += 9) {
      pair.server.feed(ByteView(packet).first(size), now());
    }
    Bytes altered = packet;
    altered[dice() % altered.size()] ^= 0x55U;  // the checksum catches it
    pair.server.feed(altered, now());
    return true;
  };
  pair.run(5, noisy);
  REQUIRE(pair.server.state() == SctpState::open);
  CHECK(pair.client.send(stream, bytes("still here")));
  pair.run(5, noisy);
  CHECK(pair.server.receive()->data == bytes("still here"));
}

TEST_CASE("DATA_CHANNEL_OPEN has the layout of RFC 8832, section 5.1") {
  const Bytes open = encode_dcep_open("_lossy", {false, 0});
  CHECK(open == Bytes{0x03, 0x81, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, '_', 'l', 'o', 's', 's', 'y'});
  for (std::size_t size = 0; size < open.size(); ++size) CHECK_FALSE(decode_dcep(ByteView(open).first(size)));
  const auto back = decode_dcep(open);
  REQUIRE(back);
  CHECK(back->label == "_lossy");
  CHECK_FALSE(back->options.ordered);
  CHECK(back->options.max_retransmits == 0);
  CHECK(decode_dcep(encode_dcep_ack())->acknowledges);
  CHECK_FALSE(decode_dcep(Bytes{0x07}));
  CHECK_FALSE(decode_dcep(Bytes{0x03, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 'x'}));
}
