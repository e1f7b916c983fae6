// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/rtp.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

RtpPacket sample() {
  RtpPacket packet;
  packet.payload_type = 111;
  packet.marker = true;
  packet.sequence = 65'535;
  packet.timestamp = 0x01020304;
  packet.ssrc = 0xcafebabe;
  packet.payload = {1, 2, 3};
  return packet;
}

Clock::time_point at(int ms) {
  return Clock::time_point(Milliseconds(ms));
}

}  // namespace

TEST_CASE("an RTP packet comes back as it was, with either form of extensions") {
  RtpPacket packet = sample();
  CHECK(encode_rtp(packet) == Bytes{0x80, 0xef, 0xff, 0xff, 1, 2, 3, 4, 0xca, 0xfe, 0xba, 0xbe, 1, 2, 3});
  for (const std::size_t longest : {2U, 16U, 17U, 255U}) {
    packet.extensions = {{1, {0x55}}, {3, Bytes(longest, 7)}};
    const auto back = decode_rtp(encode_rtp(packet));
    REQUIRE(back);
    CHECK(back->marker);
    CHECK(back->payload == packet.payload);
    REQUIRE(back->extension(3) != nullptr);
    CHECK(back->extension(3)->value == Bytes(longest, 7));
    CHECK(back->extension(1)->value == Bytes{0x55});
    CHECK(back->extension(2) == nullptr);
  }
  packet.extensions = {{1, Bytes(256, 0)}};
  CHECK_THROWS_AS(encode_rtp(packet), std::length_error);
}

TEST_CASE("sources behind the header and padding behind the payload are skipped") {
  Bytes bytes{0xa2, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 8, 8, 8, 8, 5, 6, 0, 0, 3};
  CHECK(decode_rtp(bytes)->payload == Bytes{5, 6});
  bytes.back() = 6;
  CHECK_FALSE(decode_rtp(bytes));
  bytes.back() = 0;
  CHECK_FALSE(decode_rtp(bytes));
}

TEST_CASE("an RTP packet cut anywhere in its header is none") {
  RtpPacket packet = sample();
  packet.extensions = {{1, {0x55}}, {3, Bytes(16, 7)}};
  const Bytes whole = encode_rtp(packet);
  const std::size_t header = whole.size() - packet.payload.size();
  for (std::size_t size = 0; size < header; ++size) CHECK_FALSE(decode_rtp(ByteView(whole).first(size)));
  CHECK(decode_rtp(ByteView(whole).first(header))->payload.empty());
}

TEST_CASE("RTP and RTCP are told apart by their second byte") {
  CHECK(is_rtp_or_rtcp(encode_rtp(sample())));
  CHECK_FALSE(is_rtcp(encode_rtp(sample())));
  CHECK(is_rtcp(encode_rtcp_report(1, std::nullopt, {}, "x")));
  CHECK_FALSE(is_rtp_or_rtcp(Bytes{0x16, 0xfe}));
  CHECK_FALSE(is_rtp_or_rtcp({}));
}

TEST_CASE("a sender report with its blocks comes back as it was") {
  RtcpReportBlock block;
  block.ssrc = 5;
  block.fraction_lost = 0.25;
  block.lost = -3;
  block.highest_sequence = 70'000;
  block.jitter = 48;
  block.last_sr = 11;
  block.delay_since_sr = 12;
  const Bytes bytes =
      encode_rtcp_report(7, RtcpSenderInfo{0x0102030405060708, 9, 10, 1'000}, {block}, "probe");
  CHECK(bytes.size() % 4 == 0);
  const auto packets = decode_rtcp(bytes);
  REQUIRE(packets.size() == 2);
  CHECK(packets[0].type == 200);
  CHECK(packets[0].sender == 7);
  CHECK(packets[0].sender_info->ntp == 0x0102030405060708);
  CHECK(packets[0].sender_info->octets == 1'000);
  REQUIRE(packets[0].reports.size() == 1);
  CHECK(packets[0].reports[0].fraction_lost == 0.25);
  CHECK(packets[0].reports[0].lost == -3);
  CHECK(packets[0].reports[0].highest_sequence == 70'000);
  CHECK(packets[0].reports[0].delay_since_sr == 12);
  CHECK(packets[1].type == 202);
}

TEST_CASE("a compound cut anywhere gives what was whole, and never more") {
  const Bytes whole = encode_rtcp_report(7, std::nullopt, {RtcpReportBlock{}}, "probe");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK(decode_rtcp(ByteView(whole).first(size)).size() == (size < 32 ? 0 : 1));
  }
  // A report count that the length does not hold.
  const auto lying = decode_rtcp(Bytes{0x9f, 201, 0, 1, 0, 0, 0, 7});
  REQUIRE(lying.size() == 1);
  CHECK(lying[0].reports.empty());
}

TEST_CASE("packets are counted once: lost, twice, late") {
  RtpStats stats(opus::kClockRate);
  CHECK(stats.counts().received == 0);
  CHECK(stats.highest() == std::nullopt);
  for (const int sequence : {65'533, 65'534, 0, 65'535, 0, 3}) {
    stats.packet(static_cast<std::uint16_t>(sequence), 0, at(0));
  }
  const RtpCounts counts = stats.counts();
  CHECK(counts.received == 5);
  CHECK(counts.lost == 2);
  CHECK(counts.duplicates == 1);
  CHECK(counts.reordered == 1);
  CHECK(stats.highest() == 65'536 + 3);
}

TEST_CASE("a packet older than the first one is counted and moves the start") {
  RtpStats stats(opus::kClockRate);
  for (const int sequence : {10, 8, 11}) stats.packet(static_cast<std::uint16_t>(sequence), 0, at(0));
  CHECK(stats.counts().received == 3);
  CHECK(stats.counts().lost == 1);
}

TEST_CASE("jitter is that of RFC 3550: none where packets keep their distance") {
  RtpStats even(opus::kClockRate), uneven(opus::kClockRate);
  for (int i = 0; i < 100; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i);
    const auto timestamp = static_cast<std::uint32_t>(i) * 960;  // 20 ms
    even.packet(sequence, timestamp, at(20 * i));
    uneven.packet(sequence, timestamp, at(20 * i + (i % 2 == 0 ? 0 : 8)));
  }
  CHECK(even.counts().jitter_ms == doctest::Approx(0));
  CHECK(uneven.counts().jitter_ms == doctest::Approx(8).epsilon(0.02));
}

TEST_CASE("Opus frames of silence have the wanted length and say how much of it is padding") {
  CHECK(opus::silence() == Bytes{0xe0, 0xff, 0xfe});
  CHECK(opus::silence(4) == Bytes{0xe3, 1, 0xff, 0xfe});
  CHECK(opus::silence(5) == Bytes{0xe3, 0x41, 0, 0xff, 0xfe});
  CHECK(opus::silence(6) == Bytes{0xe3, 0x41, 1, 0xff, 0xfe, 0});
  for (std::size_t size = 5; size <= 1'200; ++size) {
    const Bytes frame = opus::silence(size);
    REQUIRE(frame.size() == size);
    // Read it as RFC 6716 §3.2.5 says: each 255 is 254 bytes and one more length byte.
    std::size_t at_byte = 2, padding = 0;
    while (frame[at_byte] == 255) {
      padding += 254;
      ++at_byte;
    }
    padding += frame[at_byte++];
    CHECK(at_byte + 2 + padding == size);
    CHECK(frame[at_byte] == 0xff);
  }
  CHECK_THROWS_AS(opus::silence(2), std::length_error);
}
