// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;
using probes::MediaSurvey;

TEST_CASE(
    "media_udp: ports that their own address refuses are to be forwarded, and not opened on LiveKit's host") {
  MediaSurvey survey = all_silent();
  for (probes::MediaReport& report : survey.withheld) {
    probes::CandidateReport& one = report.link.candidates.front();
    one.carrier = {net::Stage::connect, net::NetError::refused, "connection refused"};
    one.reporter = "198.51.100.23";
  }
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Remedy& remedy = judgement.findings().front().remedy;
  CHECK(
      remedy.text ==
      "Forward UDP 20000-25000 on the router that has 198.51.100.23 to LiveKit's host: 198.51.100.23 itself "
      "refuses these ports. Where that is LiveKit's host, take the rule out of its firewall that rejects "
      "them");
  CHECK(remedy.commands.empty());
}

TEST_CASE("media_udp: where ICE-lite is silent at an address, whether it is LiveKit's is asked first") {
  MediaSurvey survey = all_silent();
  for (probes::MediaReport& report : survey.withheld) report.link.ice_lite = true;
  Deployment deployment = deployed();
  deployment.livekit->node_ip = {{"198.51.100.23"}, {Origin::Kind::file, "livekit.yaml", 9, 3}};
  const auto remedy = [&](const std::string& signalling) {
    const Judgement judgement = judge(survey, known(signalling), deployment);
    REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
    return judgement.findings().front().remedy.text;
  };
  CHECK(remedy("192.0.2.80")
            .starts_with("Check first that 198.51.100.23 is LiveKit's address (rtc.node_ip, "
                         "livekit.yaml:9:3), for nothing of it "
                         "answers there. If it is: open UDP 20000-25000 inbound to 198.51.100.23"));
  CHECK(remedy("198.51.100.23").starts_with("Open UDP 20000-25000"));
}
