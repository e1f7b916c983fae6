// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;
using probes::MediaStage;
using probes::MediaSurvey;

TEST_CASE("media_udp: only private addresses for an internet audience") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("10.20.0.23", 20001)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"private-ip-advertised"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.title == "LiveKit sends clients to 10.20.0.23 alone, which nobody on the internet can reach");
  CHECK(finding.remedy.text ==
        "Set rtc.node_ip: 198.51.100.23 with use_external_ip: false, if media reaches LiveKit at the address "
        "of "
        "public_url, else its own public address; then restart LiveKit");
}

TEST_CASE("media_udp: a private address is right for a LAN, also beside a public one for the internet") {
  CHECK(ids(judge(connected({answered("10.20.0.23", 20001)}), known("10.20.0.20"),
                  deployed(Audience::lan))) == Ids{});
  CHECK(ids(judge(connected({answered("198.51.100.23", 20001), silent("10.20.0.23", 20002)}), known(),
                  deployed())) == Ids{"too-many-interface-candidates"});
}

TEST_CASE("media_udp: addresses of a container and of loopback") {
  MediaSurvey docker;
  docker.withheld.push_back(session(MediaStage::ice, {silent("172.17.0.2", 20001)}));
  CHECK(ids(judge(docker, known(), deployed())) == Ids{"docker-bridge-ip-advertised"});
  MediaSurvey loopback;
  loopback.withheld.push_back(session(MediaStage::ice, {silent("127.0.0.1", 20001)}));
  CHECK(ids(judge(loopback, known(), deployed())) == Ids{"loopback-node-ip"});
}

TEST_CASE("media_udp: a few dead addresses beside a good one are worth knowing, many are a warning") {
  CHECK(ids(judge(connected({answered("198.51.100.23", 20001), silent("198.51.100.23", 20002)}), known(),
                  deployed())) == Ids{});
  const Judgement few =
      judge(connected({answered("198.51.100.23", 20001), silent("10.42.0.1", 20002)}), known(), deployed());
  REQUIRE(ids(few) == Ids{"too-many-interface-candidates"});
  CHECK(few.findings().front().severity == Severity::info);
  const Judgement many = judge(connected({answered("198.51.100.23", 20001), silent("172.17.0.1", 20002),
                                          silent("172.18.0.1", 20003), silent("10.42.0.1", 20004)}),
                               known(), deployed());
  REQUIRE(ids(many) == Ids{"too-many-interface-candidates"});
  CHECK(many.findings().front().severity == Severity::warning);
}

TEST_CASE("media_udp: an address family that this machine lacks is nobody's fault") {
  probes::CandidateReport v6 = silent("2001:db8::23", 20002);
  v6.carrier = {net::Stage::request, net::NetError::network_unreachable, "network is unreachable"};
  CHECK(ids(judge(connected({answered("198.51.100.23", 20001), v6}), known(), deployed())) == Ids{});
}

TEST_CASE("media_udp: LiveKit answers at another address than it names") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("203.0.113.99", 20001)}));
  Facts facts = known();
  facts.set(facts::ice_tcp, {{"198.51.100.23"}, {"203.0.113.99"}});
  const Judgement judgement = judge(survey, facts, deployed());
  REQUIRE(ids(judgement) == Ids{"wrong-wan-ip"});
  CHECK(judgement.findings().front().title ==
        "LiveKit sends clients to 203.0.113.99, where nothing of it answers; it answers at 198.51.100.23");
}

TEST_CASE("media_udp: answers from another address than the one asked") {
  probes::CandidateReport strange = silent("198.51.100.23", 20001);
  strange.pair->status = proto::PairStatus::asymmetric;
  strange.pair->answered_from = Endpoint{"198.51.100.24", 20001};
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {strange}));
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"one-way-udp"});
}

TEST_CASE("media_udp: from inside, the public address may be out of reach") {
  Facts facts = known();
  facts::ExternalAddresses external;
  external.servers = {{"stun.example:3478", "203.0.113.53", "ipv4", "198.51.100.23:4000"}};
  external.agreed = {"198.51.100.23"};
  facts.set(facts::external_addresses, external);
  CHECK(ids(judge(all_silent(), facts, deployed(Audience::internet, Vantage::inside))) ==
        Ids{"hairpin-missing"});
  // LiveKit's own packets find their way inside: that opens no firewall, and is no sign of one.
  MediaSurvey punched = all_silent();
  punched.offered = connected({answered("198.51.100.23", 20001)}).withheld.front();
  const Judgement judgement = judge(punched, facts, deployed(Audience::internet, Vantage::inside));
  REQUIRE(ids(judgement) == Ids{"hairpin-missing"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}

TEST_CASE("media_udp: a second public address that is dead is a warning, if its family has a way from here") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001), silent("198.51.100.24", 20002)});
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "UDP to 198.51.100.24 is not answered from here, while other addresses of LiveKit are: who uses this "
        "one waits, or hears nothing");
  survey = connected({answered("198.51.100.23", 20001), silent("2001:db8::23", 20002)});
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"too-many-interface-candidates"});
  Facts facts = known();
  facts::HttpIdentity identity;
  identity.answering = {"198.51.100.20", "2001:db8::20"};
  facts.set(facts::public_identity, identity);
  CHECK(ids(judge(survey, facts, deployed())) == Ids{"udp-range-filtered"});
  CHECK(ids(judge(survey, facts, deployed(Audience::internet, Vantage::inside))) ==
        Ids{"too-many-interface-candidates"});
}

TEST_CASE("media_udp: with one port for all, a second address that is dead may be LiveKit's own choice") {
  const MediaSurvey survey = connected({answered("198.51.100.23", 7882), silent("198.51.100.24", 7882)});
  Deployment deployment = deployed();
  deployment.livekit->udp = PortRange{7882, 7882};
  deployment.livekit->udp_is_mux = true;
  const Judgement judgement = judge(survey, known(), deployment);
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  CHECK(
      judgement.findings().front().remedy.text ==
      "Set rtc.ips.includes to the address that clients use, or a range (rtc.port_range_start, "
      "port_range_end) instead of rtc.udp_port: with one port LiveKit may answer at one address of its host "
      "alone. Else open UDP 7882 to 198.51.100.24");
}

TEST_CASE("media_udp: an address without a route counts as named, and is told apart from a dead one") {
  probes::CandidateReport v6 = silent("2001:db8::23", 20003);
  v6.carrier = {net::Stage::request, net::NetError::network_unreachable, "network is unreachable"};
  const Judgement judgement = judge(
      connected({answered("198.51.100.23", 20001), silent("10.20.0.23", 20002), v6}), known(), deployed());
  REQUIRE(ids(judgement) == Ids{"too-many-interface-candidates"});
  CHECK(
      judgement.findings().front().title ==
      "1 of 3 addresses that LiveKit names for media do not answer: 10.20.0.23:20002; no route from here to "
      "[2001:db8::23]:20003");
}

TEST_CASE("media_udp: a container's address is none for a LAN either, an ordinary 172.16/12 address is") {
  MediaSurvey docker;
  docker.withheld.push_back(session(MediaStage::ice, {silent("172.17.0.2", 20001)}));
  const Judgement judgement = judge(docker, known("10.20.0.20"), deployed(Audience::lan));
  REQUIRE(ids(judgement) == Ids{"docker-bridge-ip-advertised"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  MediaSurvey campus;
  campus.withheld.push_back(session(MediaStage::ice, {silent("172.20.5.7", 20001)}));
  CHECK(ids(judge(campus, known("172.20.1.1"), deployed(Audience::lan))) == Ids{"udp-range-filtered"});
  CHECK(ids(judge(campus, known("172.20.1.1"), deployed())) == Ids{"private-ip-advertised"});
}

TEST_CASE("media_udp: an IPv6 address that TCP has proven is LiveKit's") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("2001:db8::23", 20001)}));
  Facts facts = known();
  facts.set(facts::media_tcp_proof, {true, false, "done", {"[2001:db8::23]:7881"}, {}, {}});
  // Whether UDP leaves this network at all is not known until a control server has answered.
  const Judgement unsure = judge(survey, facts, deployed());
  REQUIRE(ids(unsure) == Ids{"udp-range-filtered"});
  CHECK(unsure.findings().front().confidence == Confidence::likely);
  facts::ExternalAddresses external;
  external.servers = {{"stun.example:3478", "203.0.113.53", "ipv4", "192.0.2.77:4000"}};
  facts.set(facts::external_addresses, external);
  const Judgement sure = judge(survey, facts, deployed());
  REQUIRE(ids(sure) == Ids{"udp-range-filtered"});
  CHECK(sure.findings().front().confidence == Confidence::proven);
}

TEST_CASE("media_udp: media comes from an address that LiveKit does not name") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.20", 20001)}));
  probes::CandidateReport source = answered("198.51.100.23", 20010);
  source.pair->learned = true;
  survey.offered = session(MediaStage::done, {silent("198.51.100.20", 20010), source});
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"wrong-wan-ip"});
  CHECK(judgement.findings().front().title ==
        "LiveKit sends clients to 198.51.100.20, where nothing of it answers; its own packets come from "
        "198.51.100.23");
}

TEST_CASE("media_udp: private over IPv4, public over IPv6 alone") {
  MediaSurvey survey;
  probes::CandidateReport v6 = silent("2001:db8:51::23", 20002);
  v6.carrier = {net::Stage::request, net::NetError::network_unreachable, "network is unreachable"};
  survey.withheld.push_back(session(MediaStage::ice, {silent("10.20.0.23", 20001), v6}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"private-ip-advertised"});
  CHECK(judgement.findings().front().title ==
        "Over IPv4 LiveKit sends clients to 10.20.0.23 alone, which nobody on the internet can reach");
  CHECK(
      judgement.findings().front().remedy.text ==
      "Give LiveKit a public IPv4 address to name: rtc.node_ip now leads to 2001:db8:51::23 alone, so set it "
      "to an IPv4 address at which media arrives, then restart LiveKit");
}

TEST_CASE("media_udp: the address of a provider's own network") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("100.72.3.4", 20001)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"server-behind-cgnat"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "LiveKit sends clients to 100.72.3.4, an address behind a provider's NAT (or of an overlay network): "
        "nothing from the internet arrives there");
}
