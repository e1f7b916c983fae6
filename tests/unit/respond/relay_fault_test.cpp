// SPDX-License-Identifier: EUPL-1.2
#include "respond/relay_fault.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using proto::RelayFault;
using respond::fault_of_refusal;

namespace {

net::Surroundings host() {
  net::Surroundings out;
  out.addresses.push_back({"eth0", "192.0.2.10", 24, false});
  out.listeners.push_back({"0.0.0.0", 22, 0, ""});
  return out;
}

}  // namespace

TEST_CASE("LiveKit is absent where its port is refused at this host's own addresses and nobody has it") {
  CHECK(fault_of_refusal({{"127.0.0.1", 7880}, {"192.0.2.10", 7880}}, host(), true) == RelayFault::absent);
}

TEST_CASE("a port that somebody has at another address, or a LiveKit that runs, is not absent") {
  net::Surroundings listening = host();
  listening.listeners.push_back({"192.0.2.10", 7880, 0, ""});
  CHECK(fault_of_refusal({{"127.0.0.1", 7880}}, listening, true) == RelayFault::elsewhere);
  net::Surroundings contained = host();
  contained.processes.push_back({412, "livekit-server", false, true, {7880}});
  CHECK(fault_of_refusal({{"127.0.0.1", 7880}}, contained, true) == RelayFault::elsewhere);
}

TEST_CASE("what another host refuses says nothing of this one") {
  CHECK(fault_of_refusal({{"192.0.2.99", 7880}}, host(), true) == RelayFault::elsewhere);
  CHECK(fault_of_refusal({}, host(), true) == RelayFault::elsewhere);
}

TEST_CASE("who is shown no process of others cannot say that LiveKit does not run") {
  CHECK(fault_of_refusal({{"127.0.0.1", 7880}}, host(), false) == RelayFault::unreachable);
}
