// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;
using probes::MediaStage;
using probes::MediaSurvey;

namespace {

Deployment learning(Vantage vantage = Vantage::outside) {
  Deployment deployment = deployed(Audience::internet, vantage);
  deployment.livekit->use_external_ip = {true, {Origin::Kind::file, "livekit.yaml", 7, 20}};
  return deployment;
}

Facts seen_at(const std::string& address, const std::string& signalling, const std::string& mapping = "") {
  Facts facts = known(signalling);
  facts::ExternalAddresses external;
  external.servers = {{"stun.example:3478", "203.0.113.53", "ipv4", address + ":4000"}};
  external.agreed = {address};
  external.mapping = mapping;
  facts.set(facts::external_addresses, external);
  return facts;
}

/// LiveKit names the first address, and its packets come from the second.
MediaSurvey from_elsewhere(const std::string& named, const std::string& source) {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent(named, 20001)}));
  probes::CandidateReport other = answered(source, 20010);
  other.pair->learned = true;
  survey.offered = session(MediaStage::done, {silent(named, 20010), other});
  return survey;
}

MediaSurvey lite(MediaSurvey survey) {
  for (probes::MediaReport& report : survey.withheld) report.link.ice_lite = true;
  if (survey.offered) survey.offered->link.ice_lite = true;
  return survey;
}

}  // namespace

TEST_CASE(
    "media_udp: an address that LiveKit learned at its start, and packets that come from another by now") {
  const MediaSurvey survey = from_elsewhere("198.51.100.1", "198.51.100.9");
  const Judgement judgement = judge(survey, known("198.51.100.20"), learning());
  REQUIRE(ids(judgement) == Ids{"stale-external-ip"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::likely);
  CHECK(
      finding.title ==
      "LiveKit sends clients to 198.51.100.1, which it learned when it started, where nothing of it answers; "
      "its own packets come from 198.51.100.9");
  CHECK(
      finding.remedy.text ==
      "Restart LiveKit: it learns its address at the start alone. Where it then names the old one again, set "
      "rtc.node_ip: 198.51.100.9 and use_external_ip: false");
  CHECK(finding.origin->line == 7);
  CHECK(ids(judge(survey, known("198.51.100.20"), deployed())) == Ids{"wrong-wan-ip"});
}

TEST_CASE("media_udp: on LiveKit's host, STUN servers see another address than LiveKit learned") {
  const auto told = [](const Facts& facts, Vantage vantage) {
    return ids(judge(all_silent(), facts, learning(vantage)));
  };
  const Judgement judgement =
      judge(all_silent(), seen_at("198.51.100.9", "198.51.100.9"), learning(Vantage::livekit_host));
  REQUIRE(ids(judgement) == Ids{"stale-external-ip"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "LiveKit still sends clients to 198.51.100.23, which it learned when it started and where nothing "
        "answers; STUN servers see this host at 198.51.100.9");
  CHECK(told(seen_at("198.51.100.9", "198.51.100.9"), Vantage::inside) == Ids{"stale-external-ip"});
  // Two lines, and the name leads to the one that LiveKit names; a proxy elsewhere; the same address.
  CHECK(told(seen_at("198.51.100.9", "198.51.100.23"), Vantage::livekit_host) == Ids{});
  CHECK(told(seen_at("198.51.100.9", "198.51.100.20"), Vantage::inside) == Ids{"udp-range-filtered"});
  CHECK(told(seen_at("198.51.100.23", "198.51.100.20"), Vantage::livekit_host) == Ids{});
}

TEST_CASE("media_udp: ICE-lite that names a private address alone did not ask for its public one") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("10.20.0.23", 20001)}));
  const Judgement judgement = judge(lite(survey), known(), deployed());
  REQUIRE(ids(judgement) == Ids{"ice-lite-behind-nat", "private-ip-advertised"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.title ==
        "LiveKit answers as ICE-lite, which never sends first, from behind address translation: it names "
        "10.20.0.23 alone");
  CHECK(ids(judge(lite(survey), known("10.20.0.20"), deployed(Audience::lan))) == Ids{"udp-range-filtered"});
}

TEST_CASE("media_udp: ICE-lite that was told a private address would name it without that, too") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {silent("10.20.0.23", 20001)}));
  Deployment deployment = deployed();
  deployment.livekit->node_ip.value = {"10.20.0.23"};
  CHECK(ids(judge(lite(survey), known(), deployment)) == Ids{"private-ip-advertised"});
}

TEST_CASE("media_udp: ICE-lite at a learned address where nothing answers, at one that works, at its own") {
  CHECK(ids(judge(lite(all_silent()), known(), learning())) == Ids{"udp-range-filtered"});
  const MediaSurvey works = lite(connected({answered("198.51.100.23", 20001)}));
  CHECK(ids(judge(works, known(), learning())) == Ids{});
  const Judgement inside = judge(works, seen_at("198.51.100.23", "198.51.100.20", "endpoint-independent"),
                                 learning(Vantage::inside));
  REQUIRE(ids(inside) == Ids{"ice-lite-behind-nat"});
  CHECK(inside.findings().front().severity == Severity::info);
  const Facts own = seen_at("198.51.100.23", "198.51.100.20", "none");
  CHECK(ids(judge(works, own, learning(Vantage::livekit_host))) == Ids{});
}

TEST_CASE("media_udp: from inside, a missing hairpin and missing forwards look the same") {
  const Judgement judgement = judge(all_silent(), seen_at("198.51.100.23", "198.51.100.23"),
                                    deployed(Audience::internet, Vantage::inside));
  REQUIRE(ids(judgement) == Ids{"hairpin-missing"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(
      judgement.findings().front().title ==
      "From inside, 198.51.100.23 cannot be reached: the router does not lead its own network's packets back "
      "in, or forwards nothing to LiveKit at all");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "media from outside");
}

TEST_CASE("media_udp: of several addresses, each that only LiveKit's packets opened is told") {
  MediaSurvey survey;
  survey.withheld.push_back(
      session(MediaStage::ice, {silent("198.51.100.23", 20001), silent("2001:db8::23", 20002)}));
  survey.offered =
      session(MediaStage::done, {answered("198.51.100.23", 20003), silent("2001:db8::23", 20004)});
  const Judgement one = judge(survey, known(), deployed());
  REQUIRE(ids(one) == Ids{"udp-works-only-by-hole-punching"});
  CHECK(one.findings().front().subject == "198.51.100.23");
  survey.offered->link.candidates.back() = answered("2001:db8::23", 20004);
  const Judgement both = judge(survey, known(), deployed());
  CHECK(ids(both) == Ids{"udp-works-only-by-hole-punching", "udp-works-only-by-hole-punching"});
  // Inside, the router's own address is told apart from the other one.
  const Judgement inside =
      judge(survey, seen_at("198.51.100.23", "198.51.100.23"), deployed(Audience::internet, Vantage::inside));
  CHECK(ids(inside) == Ids{"hairpin-missing", "udp-works-only-by-hole-punching"});
}
