// SPDX-License-Identifier: EUPL-1.2
#include "proto/sctp_gate.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/proto/data_channel.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

Bytes chunk(std::uint8_t type, const Bytes& body) {
  Writer out;
  out.u8(type).u8(0).u16(static_cast<std::uint16_t>(4 + body.size())).bytes(body);
  while (out.size() % 4 != 0) out.u8(0);
  return out.take();
}
Bytes packet(const Bytes& chunks) {
  return Writer().u16(5000).u16(5000).u32(1).u32(0).bytes(chunks).take();
}
bool sound(std::uint8_t type, const Bytes& body) {
  return sctp_is_sound(packet(chunk(type, body)));
}
Bytes init_with(const Bytes& parameters) {
  Bytes body(16, 1);
  body.insert(body.end(), parameters.begin(), parameters.end());
  return body;
}

}  // namespace

TEST_CASE("an INIT with a parameter of length 0, on which the library loops for ever, does not reach it") {
  for (const std::uint8_t type : Bytes{1, 2}) {
    CHECK(sound(type, init_with({})));
    CHECK(sound(type, init_with({0xc0, 0, 0, 4})));
    CHECK(sound(type, init_with({0x80, 8, 0, 5, 0x82})));
    CHECK_FALSE(sound(type, init_with({0, 0, 0, 0})));
    CHECK_FALSE(sound(type, init_with({0xc0, 0, 0, 3})));
    CHECK_FALSE(sound(type, init_with({0xc0, 0, 0, 9, 0, 0, 0, 0})));
    CHECK_FALSE(sound(type, init_with({0, 5, 0, 8, 127, 0, 0, 1})));  // an address
    CHECK_FALSE(sound(type, Bytes(15, 1)));
  }
}

TEST_CASE("lengths and counts inside a chunk must be those of the chunk") {
  CHECK(sound(3, {0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0, 1, 0, 2, 0, 3, 0, 0, 0, 7}));
  CHECK_FALSE(sound(3, {0, 0, 0, 1, 0, 0, 0, 9, 0, 2, 0, 1, 0, 2, 0, 3, 0, 0, 0, 7}));
  CHECK_FALSE(sound(3, {0, 0, 0, 1}));
  CHECK(sound(0, Bytes(13, 0)));
  CHECK_FALSE(sound(0, Bytes(11, 0)));
  CHECK(sound(9, {0, 1, 0, 8, 0, 1, 0, 0}));
  CHECK_FALSE(sound(9, {0, 1, 0, 0}));
  CHECK(sound(0xc0, {0, 0, 0, 1, 0, 1, 0, 2}));
  CHECK_FALSE(sound(0xc0, {0, 0, 0, 1, 0}));
  CHECK_FALSE(sound(7, {}));
}

TEST_CASE("chunks that were never agreed on are refused, unknown ones are the library's to report") {
  for (const std::uint8_t type : Bytes{0x10, 12, 13, 15, 0x40, 0x80, 0x81, 0xc1, 0xc2})
    CHECK_FALSE(sound(type, Bytes(8, 0)));
  CHECK(sound(0xfe, {1, 2, 3}));
}

TEST_CASE("a packet that is cut anywhere is refused, except between two chunks and inside the last filler") {
  Bytes two = chunk(5, {0, 1, 0, 6, 1, 2});
  const Bytes second = chunk(10, {1, 2, 3});
  two.insert(two.end(), second.begin(), second.end());
  const Bytes whole = packet(two);
  CHECK(whole.size() == 32);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(sctp_is_sound(ByteView(whole).first(size)) ==
          (size == 22 || size == 23 || size == 24 || size == 31));
  }
}

TEST_CASE("what our own end writes is sound") {
  DataChannels channels(true);
  channels.start(Clock::now());
  int packets = 0;
  while (const auto written = channels.take()) {
    CHECK(sctp_is_sound(*written));
    ++packets;
  }
  CHECK(packets == 1);
}
