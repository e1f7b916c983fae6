// SPDX-License-Identifier: EUPL-1.2
#include "respond/network.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor::respond;

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
