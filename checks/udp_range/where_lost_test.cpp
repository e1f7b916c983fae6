// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/sweeps.hpp"

using namespace lkdoctor;
using test::judged, test::session_at, test::Titles, test::titles, test::welcomed;

TEST_CASE(
    "udp_range: whose firewall is to be opened is the one that the title blames, with hole punching, too") {
  const auto told = [](std::string why) {
    probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, 0, std::move(why)}});
    sweep.arrived_at = sweep.address;
    const Judgement judgement = judged(sweep, session_at({"198.51.100.23:20017"}, true));
    REQUIRE(judgement.findings().size() == 1);
    return titles(judgement)[0] + ". " + judgement.findings()[0].remedy.text;
  };
  const auto said = [](std::string_view lost, std::string_view walls) {
    return "udp-works-only-by-hole-punching: UDP at 198.51.100.23 is open outwards alone: 20000-25000 " +
           std::string(lost) +
           ", and sessions connect only because LiveKit sends first. Open UDP 20000-25000 inbound to "
           "198.51.100.23 in " +
           std::string(walls);
  };
  CHECK(told("") == said("is dropped on the way in", "provider firewall, router and host firewall"));
  CHECK(told("before-host") == said("is dropped on the way in", "provider firewall and router"));
  CHECK(told("at-host") ==
        said("comes in at the host, which drops it", "the host's own firewall (ufw, firewalld, nftables)"));
}
