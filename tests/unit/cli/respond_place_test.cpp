// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_place.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using cli::place_to_name;
using cli::RespondPlace;

namespace {

const net::LocalAddress kLoopback{"lo", "127.0.0.1", 8, true}, kPrivate{"eth0", "10.0.0.5", 24},
    kPublic{"eth0", "198.51.100.23", 24}, kPublic6{"eth0", "2001:db8::23", 64},
    kDocker{"docker0", "172.17.0.1", 16};

Deployment with_node_ip(std::vector<std::string> addresses) {
  Deployment out;
  out.livekit.emplace();
  out.livekit->node_ip.value = std::move(addresses);
  out.livekit->use_external_ip.value = false;
  return out;
}

Deployment behind_nat() {
  Deployment out = with_node_ip({});
  out.livekit->use_external_ip.value = true;
  return out;
}

}  // namespace

TEST_CASE("respond's address: node_ip if people elsewhere can use it, whatever this host has") {
  const RespondPlace place = place_to_name(with_node_ip({"203.0.113.7"}), {kLoopback, kPrivate}, "");
  CHECK(place.name() == "203.0.113.7");
  CHECK(place.words == "");
  CHECK(place_to_name(with_node_ip({"203.0.113.7"}), {kPrivate}, "10.0.0.5").name() == "203.0.113.7");
}

TEST_CASE("respond's address: a node_ip that is private, loopback or none is not named for what it is") {
  for (const char* one :
       {"192.168.1.9", "127.0.0.1", "0.0.0.0", "169.254.1.1", "lk.example", "10.0.0.300", ""}) {
    CAPTURE(one);
    CHECK(place_to_name(with_node_ip({one}), {kLoopback, kPublic}, "").name() == "198.51.100.23");
    const RespondPlace place = place_to_name(with_node_ip({one}), {kLoopback, kDocker, kPrivate}, "");
    CHECK(place.name() == "10.0.0.5");
    CHECK(place.words ==
          "10.0.0.5 is of this host's own network: from elsewhere, name the one that people reach it by");
  }
  // In a network of its own it is what people use.
  CHECK(place_to_name(with_node_ip({"172.17.0.1"}), {kPrivate, kDocker}, "").name() == "172.17.0.1");
}

TEST_CASE("respond's address: with use_external_ip behind NAT there is a place-holder, and words") {
  const RespondPlace place = place_to_name(behind_nat(), {kLoopback, kPrivate, kPublic6}, "");
  CHECK(place.address == "");
  CHECK(place.name() == "PUBLIC-ADDRESS");
  CHECK(place.words ==
        "PUBLIC-ADDRESS: the address that people reach this host by (rtc.use_external_ip); its own, "
        "10.0.0.5, is "
        "not it");
  CHECK(place_to_name(behind_nat(), {kLoopback, kPublic}, "").name() == "198.51.100.23");
}

TEST_CASE("respond's address: without a file it is this host's own, a global one first") {
  CHECK(place_to_name({}, {kLoopback, kPrivate, kPublic6, kPublic}, "").name() == "198.51.100.23");
  CHECK(place_to_name({}, {kLoopback, kPrivate, kPublic6}, "").name() == "[2001:db8::23]");
  CHECK(place_to_name({}, {kLoopback}, "").words ==
        "PUBLIC-ADDRESS: the address that people reach this host by");
}

TEST_CASE("respond's address: the one that is listened on, if it is one for others or for this host alone") {
  CHECK(place_to_name(with_node_ip({"203.0.113.7"}), {kPrivate}, "198.51.100.23").name() == "198.51.100.23");
  const RespondPlace alone = place_to_name(behind_nat(), {kPrivate}, "127.0.0.1");
  CHECK(alone.name() == "127.0.0.1");
  CHECK(alone.words == "");
}
