// SPDX-License-Identifier: EUPL-1.2
#include "base/address_text.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <array>

using namespace lkdoctor;

TEST_CASE("an IPv4 address is written with dots, each number without leading zeros") {
  CHECK(address_text(std::array<std::uint8_t, 4>{0, 10, 199, 255}) == "0.10.199.255");
}

TEST_CASE("an IPv6 address is written as the C library writes it") {
  for (const char* text : {"::", "::1", "1::", "2001:db8::1", "2001:db8::1:0:0:1", "2001:0:0:1::1",
                           "1:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:0",
                           "1:2:3:4:5:6::", "::3:4:5:6:7:8", "fe80::ffff:ffff:ffff:ffff", "::ffff:192.0.2.7",
                           "::192.0.2.7", "64:ff9b::192.0.2.7", "::2:192.0.2.7"}) {
    CAPTURE(text);
    std::array<std::uint8_t, 16> bytes{};
    REQUIRE(inet_pton(AF_INET6, text, bytes.data()) == 1);
    std::array<char, INET6_ADDRSTRLEN> wanted{};
    REQUIRE(inet_ntop(AF_INET6, bytes.data(), wanted.data(), wanted.size()) != nullptr);
    CHECK(address_text(bytes) == wanted.data());
  }
}
