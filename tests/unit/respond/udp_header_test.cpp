// SPDX-License-Identifier: EUPL-1.2
#include "respond/udp_header.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace lkdoctor;
using namespace lkdoctor::respond;

namespace {

/// Behind `before` bytes: from port 50000 to port 7882, with `length` as the header says it.
Bytes packet(std::size_t before, std::uint16_t length, std::string_view payload) {
  Writer out;
  for (std::size_t i = 0; i < before; ++i) out.u8(0);
  out.u16(50000).u16(7882).u16(length).u16(0).text(payload);
  return out.take();
}

}  // namespace

TEST_CASE("udp header: read behind whatever stands before it, and what pads the packet is left out") {
  for (const std::size_t before : {0U, 20U, 40U}) {
    CAPTURE(before);
    const Bytes bytes = packet(before, 8 + 5, "hello, and padding");
    const auto datagram = read_udp(bytes, before);
    REQUIRE(datagram);
    CHECK(datagram->source == 50000);
    CHECK(datagram->destination == 7882);
    CHECK(std::string(datagram->payload.begin(), datagram->payload.end()) == "hello");
  }
}

TEST_CASE("udp header: one that ends early, or says less than its own length, is no datagram") {
  CHECK_FALSE(read_udp(packet(20, 8 + 6, "hello"), 20));
  CHECK_FALSE(read_udp(packet(20, 7, "hello"), 20));
  CHECK_FALSE(read_udp(ByteView(packet(0, 8, "")).first(7), 0));
  CHECK_FALSE(read_udp(packet(0, 8, ""), 20));
  CHECK_FALSE(read_udp({}, 0));
  const Bytes empty = packet(0, 8, "");
  REQUIRE(read_udp(empty, 0));
  CHECK(read_udp(empty, 0)->payload.empty());
}

TEST_CASE("udp header: an IPv4 header is as long as it says, options included") {
  CHECK(ipv4_header({}) == 0);
  CHECK(ipv4_header(Bytes{0x45, 0}) == 20);
  CHECK(ipv4_header(Bytes{0x4f, 0}) == 60);
}
