// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/ice_url.hpp>

using namespace lkdoctor;
using namespace lkdoctor::proto;

TEST_CASE("the URLs that LiveKit hands out are read") {
  const auto udp = parse_ice_url("turn:198.51.100.7:3478?transport=udp");
  REQUIRE(udp);
  CHECK(udp->turn);
  CHECK_FALSE(udp->secure);
  CHECK_FALSE(udp->tcp);
  CHECK(udp->host == "198.51.100.7");
  CHECK(udp->port == 3478);
  const auto tls = parse_ice_url("turns:turn.uni.example:443?transport=tcp");
  REQUIRE(tls);
  CHECK(tls->secure);
  CHECK(tls->tcp);
  CHECK(tls->port == 443);
  const auto stun = parse_ice_url("stun:stun.l.google.com:19302");
  REQUIRE(stun);
  CHECK_FALSE(stun->turn);
}

TEST_CASE("ports and transports have the defaults of RFC 7065") {
  CHECK(parse_ice_url("turn:turn.uni.example")->port == 3478);
  CHECK(parse_ice_url("turns:turn.uni.example")->port == 5349);
  CHECK(parse_ice_url("turns:turn.uni.example")->tcp);
  CHECK(parse_ice_url("turn:turn.uni.example?transport=tcp")->tcp);
  CHECK_FALSE(parse_ice_url("turns:turn.uni.example:443?transport=udp")->tcp);
  CHECK(parse_ice_url("turn:[2001:db8::7]:3478?transport=udp")->host == "2001:db8::7");
  CHECK(parse_ice_url("TURN:turn.uni.example?TRANSPORT=UDP")->port == 3478);
}

TEST_CASE("what browsers refuse is refused, such as the empty host of LiveKit 1.10.0") {
  for (const std::string_view url :
       {"turn::3478?transport=udp", "turn:", "turn:host:0", "turn:host:65536", "turn:host:x", "turn:[::1",
        "turn:[::1]3478", "turn:ho st:3478", "turn:host?transport=tls", "turn:host?x", "https:host",
        "turn//host", "host:3478", ""}) {
    CHECK_MESSAGE(!parse_ice_url(url), url);
  }
  CHECK_FALSE(parse_ice_url("turn:" + std::string(600, 'a')));
}
