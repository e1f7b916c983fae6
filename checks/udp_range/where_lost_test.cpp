// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/sweeps.hpp"

using namespace lkdoctor;
using test::judged, test::session_at, test::Titles, test::titles, test::welcomed;

namespace {

Json evidence(const Finding& finding, std::string_view key) {
  const auto found = std::ranges::find(finding.evidence, key, &Evidence::key);
  return found == finding.evidence.end() ? Json() : found->value;
}

const std::string kHost = "the host's own firewall (ufw, firewalld, nftables)";
const std::string kOnTheWay = "provider firewall and router";
const std::string kAny = "provider firewall, router and host firewall";

}  // namespace

TEST_CASE("udp_range: several intervals are spoken of in the plural") {
  const auto said = [](std::string why, int arrived, int refused, bool tallied) {
    probes::PortSweep sweep = welcomed({{20000, 20000, "blocked", arrived, refused, why},
                                        {20001, 20001, "open", 0, 0},
                                        {20002, 20002, "blocked", arrived, refused, why}});
    sweep.tallied = tallied;
    const std::string title = titles(judged(sweep)).at(0);
    return title.substr(title.find("UDP"), title.find(';') - title.find("UDP"));
  };
  const std::string what = "UDP 20000, 20002 at 198.51.100.23 ";
  CHECK(said("", 0, 0, true) == what + "are dropped on the way in");
  CHECK(said("", 0, 1, true) == what + "are refused on the way in");
  CHECK(said("", 0, 0, false) == what + "are not answered");
  CHECK(said("at-host", 0, 0, true) == what + "come in at the host, which drops them");
  CHECK(said("at-host", 0, 1, true) == what + "come in at the host, which refuses them");
  CHECK(said("", 1, 0, true) == what + "arrive, and the answers do not come back");
}

TEST_CASE("udp_range: how far it came decides what is said, how surely, and whose firewall is to be opened") {
  struct Case {
    std::string why, arrived_at, said;
    int refused;
    Confidence confidence;
    std::string walls;
  };
  const Case all[] = {
      {"at-host", "198.51.100.23", "comes in at the host, which drops it", 0, Confidence::likely, kHost},
      {"at-host", "198.51.100.23", "comes in at the host, which refuses it", 3, Confidence::likely, kHost},
      {"at-host", "10.20.0.23", "comes in at the host, which drops it", 0, Confidence::likely, kHost},
      {"before-host", "198.51.100.23", "is dropped on the way in", 0, Confidence::proven, kOnTheWay},
      {"before-host", "198.51.100.23", "is refused on the way in", 3, Confidence::proven, kOnTheWay},
      // Behind a forward the address is another host's: what it hands to another one never comes to this one.
      {"before-host", "10.20.0.23", "is dropped on the way in", 0, Confidence::likely, kAny},
      {"", "198.51.100.23", "is dropped on the way in", 0, Confidence::likely, kAny},
  };
  for (const Case& one : all) {
    CAPTURE(one.why);
    CAPTURE(one.arrived_at);
    probes::PortSweep sweep = welcomed({{20000, 25000, "blocked", 0, one.refused, one.why}});
    sweep.arrived_at = one.arrived_at;
    const Judgement judgement = judged(sweep);
    CHECK(titles(judgement) == Titles{"udp-range-filtered: UDP 20000-25000 at 198.51.100.23 " + one.said});
    const Finding& finding = judgement.findings().at(0);
    CHECK(finding.confidence == one.confidence);
    CHECK(finding.remedy.text == "Open UDP 20000-25000 inbound to 198.51.100.23 in " + one.walls);
    CHECK(evidence(finding, "lost") == (one.why.empty() ? Json() : Json(one.why)));
    CHECK(evidence(finding, "look_alike").is_string() == (one.confidence == Confidence::likely));
  }
}

TEST_CASE("udp_range: what one firewall drops on the way and another at the host are two faults") {
  probes::PortSweep sweep = welcomed({{20000, 22999, "open", 0, 0},
                                      {23000, 23999, "blocked", 0, 0, "at-host"},
                                      {24000, 25000, "blocked", 0, 0, "before-host"}});
  sweep.arrived_at = sweep.address;
  const Judgement judgement = judged(sweep);
  CHECK(titles(judgement) ==
        Titles{"udp-range-partially-open: UDP 24000-25000 at 198.51.100.23 is dropped on "
               "the way in; 20000-22999 is open",
               "udp-range-partially-open: UDP 23000-23999 at 198.51.100.23 comes in at "
               "the host, which drops it; 20000-22999 is open"});
  const auto remedy = [&](std::size_t at) { return judgement.findings().at(at).remedy.text; };
  CHECK(remedy(0) == "Open UDP 20000-25000 inbound to 198.51.100.23 in " + kOnTheWay);
  CHECK(remedy(1) == "Open UDP 20000-25000 inbound to 198.51.100.23 in " + kHost);
}

TEST_CASE("udp_range: one port for everyone is named as one") {
  const Judgement judgement = judged(welcomed({{7882, 7882, "blocked", 0, 0, "at-host"}}));
  CHECK(titles(judgement) ==
        Titles{"udp-range-filtered: UDP 7882 at 198.51.100.23 comes in at the host, which drops it"});
  const Finding& finding = judgement.findings().at(0);
  CHECK(finding.remedy.text == "Open UDP 7882 inbound to 198.51.100.23 in " + kHost);
  CHECK(finding.confidence == Confidence::likely);
  CHECK(evidence(finding, "look_alike") ==
        "LiveKit in a container with its own network, and the responder on its host");
}

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
  CHECK(told("") == said("is dropped on the way in", kAny));
  CHECK(told("before-host") == said("is dropped on the way in", kOnTheWay));
  CHECK(told("at-host") == said("comes in at the host, which drops it", kHost));
}
