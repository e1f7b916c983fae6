// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;

namespace {

/// UDP and TCP of LiveKit are silent, and media goes through a TURN server's TLS.
Facts with_turn_alone(const std::string& turn) {
  Facts facts = known();
  facts.set(facts::media_udp_proof, {false, false, "ice", {}, {"198.51.100.23:20001"}, {}});
  facts.set(facts::media_tcp_proof, {false, false, "ice", {}, {"198.51.100.23:7881"}, {}});
  facts.set(facts::turn_udp_proof, {false, false, "", {}, {turn + ":3478"}, {}});
  facts.set(facts::turn_tls_proof, {true, false, "done", {turn + ":443"}, {}, {}});
  return facts;
}

}  // namespace

TEST_CASE(
    "media_udp: where TURN over TLS alone works and UDP is silent on two hosts, it may be this network") {
  const Judgement judgement = judge(all_silent(), with_turn_alone("198.51.100.40"), deployed());
  REQUIRE(ids(judgement) == Ids{"client-network-blocks-udp"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::possible);
  CHECK(
      finding.title ==
      "Media works only through TURN over TLS from here: this network lets no UDP out, nor TCP 7881, or none "
      "is let in before LiveKit and before the TURN server");
  CHECK(
      finding.remedy.text ==
      "Run the check from another network first. What is silent there too: open the UDP ports of LiveKit and "
      "of the TURN server inbound. Else leave the server as it is, TURN over TLS serves this network");
  CHECK(finding.remedy.commands.empty());
  CHECK(judgement.unknown_reason() ==
        "either this network lets no UDP out, or none is let in before LiveKit and before the TURN server: "
        "LiveKit's silence proves nothing");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "LiveKit's own UDP ports");
  CHECK(judgement.untested().front().how ==
        "run the check from another network, or here with --third-party any: STUN servers of others tell "
        "whether it is this one");
}

TEST_CASE("media_udp: control servers of others that are silent too make it likely that it is this network") {
  Facts facts = with_turn_alone("198.51.100.40");
  facts::ExternalAddresses external;
  external.servers.emplace_back().address = "203.0.113.9:3478";
  facts.set(facts::external_addresses, external);
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"client-network-blocks-udp"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "Media works only through TURN over TLS from here: this network lets no UDP out, nor TCP 7881");
}

TEST_CASE("media_udp: a TURN server of another family than LiveKit's addresses may be LiveKit's own host") {
  const Judgement judgement = judge(all_silent(), with_turn_alone("[2001:db8::23]"), deployed());
  CHECK(ids(judgement) == Ids{"udp-range-filtered"});
}

TEST_CASE(
    "media_udp: where only the TURN server of LiveKit's own host works, either firewall may be at fault") {
  const Judgement judgement = judge(all_silent(), with_turn_alone("198.51.100.23"), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::possible);
  CHECK(finding.title ==
        "Media flows only through TURN from here: neither UDP 20000-25000 nor ICE/TCP of 198.51.100.23 "
        "answers; "
        "LiveKit's firewall drops them, or this network does");
  CHECK(finding.remedy.commands.empty());
}

TEST_CASE("media_udp: a TURN server that answers over UDP proves that this network lets it out") {
  Facts facts = with_turn_alone("198.51.100.40");
  facts.set(facts::turn_udp_proof, {true, false, "done", {"198.51.100.40:3478"}, {}, {}});
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::proven);
  CHECK(finding.title ==
        "UDP 20000-25000 at 198.51.100.23 is not answered from here (4 ports in 4 sessions); media flows "
        "another way, and will stutter");
  CHECK(finding.remedy.commands ==
        std::vector<std::string>{"ufw allow 20000:25000/udp", "ufw allow 7881/tcp"});
}

TEST_CASE("media_udp: for a LAN, silence beside TURN is not the fault of a network somewhere else") {
  const Judgement judgement = judge(all_silent(), with_turn_alone("198.51.100.40"), deployed(Audience::lan));
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}

TEST_CASE("media_udp: where nobody but LiveKit was asked over UDP, the report says who else could be") {
  Deployment deployment = deployed();
  const Judgement judgement = judge(all_silent(), known(), deployment);
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "whether this network lets UDP out");
  CHECK(judgement.untested().front().how ==
        "add --third-party any: STUN servers of others tell; or run from another network");
  Facts mute = with_turn_alone("198.51.100.40");
  mute.set(facts::turn_tls_proof, {false, false, "ice", {"198.51.100.40:443"}, {}, {}});
  CHECK(judge(all_silent(), mute, deployment).untested().size() == 1);
  deployment.run.third_party = ThirdParty::any;
  CHECK(judge(all_silent(), known(), deployment).untested().empty());
  CHECK(judge(all_silent(), known(), deployed(Audience::lan)).untested().empty());
}
