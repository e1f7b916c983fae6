// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <algorithm>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/forward_proxy.hpp>

#include "support/media_udp.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::test::media_udp;
using probes::MediaStage;
using probes::MediaSurvey;

TEST_CASE("media_udp is content where a session connects, and says what it saw of the range") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", 20002)}));
  const Judgement judgement = judge(survey, known(), deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("transport") == "udp");
  CHECK(judgement.facts().at("connected") == true);
  CHECK(judgement.facts().at("rtt_ms") == 1.5);
  CHECK(judgement.facts().at("loss_ratio") == 0.0);
  CHECK(judgement.facts().at("ports_answered") == 2);
  CHECK(judgement.facts().at("range_ports") == 5001);
  CHECK(judgement.facts().at("blocked_at_most").get<double>() == doctest::Approx(0.776).epsilon(0.01));
  const Json candidate = judgement.facts().at("candidates").at(0);
  CHECK(candidate.at("type") == "host");
  CHECK(candidate.at("transport") == "udp");
  CHECK(candidate.at("address") == "198.51.100.23");
  CHECK(candidate.at("port") == 20001);
  CHECK(candidate.at("answered") == true);
}

TEST_CASE("media_udp says of a sample how much of the range it leaves in doubt") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  for (std::uint16_t port = 20002; port < 20049; ++port) {
    survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", port)}));
  }
  const Judgement judgement = judge(survey, known(), deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.facts().at("coverage") ==
        "48 of 5001 ports seen, none blocked: at most 6.1 % of the range can be blocked, at 95 %");
  CHECK(judgement.facts().at("blocked_at_least") == 0.0);
  CHECK(judgement.facts().at("blocked_at_most").get<double>() == doctest::Approx(0.0605).epsilon(0.01));
}

TEST_CASE("media_udp: a few blocked ports of many are named, with what they say of the range") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  for (std::uint16_t port = 20002; port < 20045; ++port) {
    survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", port)}));
  }
  for (const int port : {24001, 24003, 24002, 24001, 24004}) {
    const auto number = static_cast<std::uint16_t>(port);
    survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", number)}));
  }
  // Once lost, once answered: not blocked.
  survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", 20001)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-partially-open"});
  CHECK(judgement.findings().front().title ==
        "Of LiveKit's UDP ports at 198.51.100.23, 44 ports answer; 4 of 50 sessions found none that does "
        "(24001, 24002, 24003, 24004): the firewall covers a part of the range");
  CHECK(judgement.facts().at("coverage") ==
        "48 of 5001 ports seen, 4 blocked: between 2.9 and 18 % of the range, each bound at 95 %");
  CHECK(judgement.facts().at("ports_silent") == 4);
}

TEST_CASE("media_udp: what was not measured is null and unknown") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::signalling, {}));
  survey.withheld.back().why = "no session: connection refused";
  const Judgement judgement = judge(survey, known(), deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "no session: connection refused");
  CHECK(judgement.facts().at("connected").is_null());
  CHECK(judgement.facts().at("rtt_ms").is_null());
}

TEST_CASE("media_udp: silence of every port is a filter, a failure if nothing else carries") {
  Facts facts = known();
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.subject == "198.51.100.23");
  CHECK(finding.title ==
        "UDP 20000-25000 at 198.51.100.23 is not answered from here (4 ports in 4 sessions)");
  CHECK(finding.remedy.commands == std::vector<std::string>{"ufw allow 20000:25000/udp"});
  CHECK(finding.origin->line == 5);
}

TEST_CASE("media_udp: a TCP port that accepts and carries nothing is not to be opened") {
  Facts facts = known();
  facts.set(facts::media_tcp_proof,
            {false, false, "ice", {}, {"198.51.100.23:7881"}, {}, {"198.51.100.23:7881"}});
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.remedy.commands == std::vector<std::string>{"ufw allow 20000:25000/udp"});
  CHECK(
      finding.remedy.text ==
      "Open UDP 20000-25000 inbound to 198.51.100.23 in provider firewall, router and host firewall; where "
      "outbound is filtered too, let LiveKit's packets from these ports out. TCP is open already and carries "
      "nothing: look at what accepts it before LiveKit (a relay, a load balancer, a firewall that answers "
      "for "
      "it)");
}

TEST_CASE("media_udp: silence is a warning while TCP carries media") {
  Facts facts = known();
  facts.set(facts::media_tcp_proof, tcp_works());
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}

TEST_CASE("media_udp: nothing works over UDP nor TCP, in one sentence") {
  Facts facts = known();
  facts.set(facts::media_tcp_proof, {false, false, "ice", {}, {"198.51.100.23:7881"}, {}});
  const Judgement judgement = judge(all_silent(), facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title ==
        "Media cannot flow: neither UDP 20000-25000 nor ICE/TCP of 198.51.100.23 answers from here");
  CHECK(finding.remedy.commands ==
        std::vector<std::string>{"ufw allow 20000:25000/udp", "ufw allow 7881/tcp"});
}

TEST_CASE("media_udp: connected only after LiveKit sent first") {
  MediaSurvey survey = all_silent();
  survey.offered = session(MediaStage::done, {answered("198.51.100.23", 20010)});
  const Judgement judgement = judge(survey, known(), deployed());
  CHECK(ids(judgement) == Ids{"udp-works-only-by-hole-punching"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.facts().at("hole_punching_needed") == true);
}

TEST_CASE("media_udp: some ports answer and others do not") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", 23000)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-partially-open"});
  CHECK(judgement.findings().front().title ==
        "Of LiveKit's UDP ports at 198.51.100.23, port 20001 answers, port 23000 does not: the firewall "
        "covers a part of the range");
}

TEST_CASE("media_udp: ICE passes and DTLS does not") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::dtls, {answered("198.51.100.23", 20001)}));
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"dtls-never-completes"});
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("media_udp: no UDP candidate at all") {
  MediaSurvey survey;
  probes::CandidateReport tcp = silent("198.51.100.23", 7881);
  tcp.candidate.transport = proto::CandidateTransport::tcp;
  tcp.tried = false;
  survey.withheld.push_back(session(MediaStage::candidates, {tcp}));
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"udp-not-offered"});
}

TEST_CASE("media_udp: a network that lets no UDP out proves nothing about LiveKit") {
  Facts facts = known();
  facts::ExternalAddresses external;
  external.servers = {{"stun.example:3478", "203.0.113.53", "ipv4", std::nullopt}};
  facts.set(facts::external_addresses, external);
  const Judgement judgement = judge(all_silent(), facts, deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "this network lets no UDP out: LiveKit's silence proves nothing");
}

TEST_CASE("media_udp: where the only way out is a forward proxy, silence proves nothing about LiveKit") {
  Facts facts = known();
  facts.set(facts::forward_proxy, facts::ProxyWay{"http://proxy:3128", true});
  const Judgement judgement = judge(all_silent(), facts, deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() ==
        "the way out of this network is the forward proxy http://proxy:3128, which carries no media");
}

TEST_CASE("media_udp: on LiveKit's host its public address proves nothing") {
  const Judgement judgement =
      judge(all_silent(), known(), deployed(Audience::internet, Vantage::livekit_host));
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason());
}

TEST_CASE("media_udp: loss is counted, and one lost packet is no finding") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {20, 19, Microseconds(1500), 0, {}};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
  survey.quality = {20, 15, Microseconds(1500), 0, {}};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"packet-loss-high"});
  CHECK(judgement.findings().front().title == "5 of 20 packets between here and LiveKit are lost");
  survey.quality = {220, 209, Microseconds(1500), 0, {}};  // what a line that loses 2 % shows now and then
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
  survey.quality = {220, 200, Microseconds(1500), 0, {}};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"packet-loss-high"});
}

TEST_CASE("media_udp: ports of one address that repeat count once") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", 20001)}));
  CHECK(judge(survey, known(), deployed()).facts().at("ports_answered") == 1);
}

TEST_CASE("media_udp: a session that was cut proves no port silent") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", 23000)}));
  survey.withheld.back().cut = true;
  survey.withheld.back().link.candidates.front().pair->requests_sent = 1;
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
}

TEST_CASE("media_udp: LiveKit that is gone is not a filter") {
  MediaSurvey survey = all_silent();
  survey.afterwards = {true, false, 502, "https://livekit.example", "HTTP 502"};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"livekit-lost-during-run"});
  CHECK(
      judgement.findings().front().title ==
      "LiveKit stopped answering during the run: https://livekit.example let people join when it began, and "
      "does not any more (HTTP 502)");
  survey.afterwards.joined = true;
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"udp-range-filtered"});
}

TEST_CASE("media_udp: ports that all answered are not filtered, whatever failed then") {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::ice, {answered("198.51.100.23", 20001)}));
  const Judgement judgement = judge(survey, known(), deployed());
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "it ended there");
}

TEST_CASE("media_udp: a router that says there is no network is no want of a route here") {
  MediaSurvey survey = all_silent();
  for (probes::MediaReport& report : survey.withheld) {
    probes::CandidateReport& one = report.link.candidates.front();
    one.carrier = {net::Stage::request, net::NetError::network_unreachable, "network is unreachable"};
  }
  CHECK(judge(survey, known(), deployed()).unknown_reason() ==
        "LiveKit names 198.51.100.23 alone, and no route leads there from here");
  for (probes::MediaReport& report : survey.withheld) {
    report.link.candidates.front().reporter = "203.0.113.1";
  }
  CHECK(ids(judge(survey, known(), deployed())) == Ids{"udp-range-filtered"});
}

TEST_CASE("media_udp: servers that know nothing of each other's rooms") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.shared = {1, 1, "https://livekit.example", "ND_one", "ND_two"};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"nodes-inconsistent"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  survey.shared = {4, 0, "", "", ""};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
}

TEST_CASE("media_udp: ports that the configuration does not hold are another configuration's") {
  MediaSurvey survey = connected({answered("198.51.100.23", 50017), silent("10.42.0.1", 50044)});
  const Judgement judgement = judge(survey, known(), deployed());
  const auto& found = judgement.findings();
  const auto differs = std::ranges::find(found, "running-config-differs-from-file", &Finding::id);
  REQUIRE(differs != found.end());
  CHECK(differs->severity == Severity::warning);
  CHECK(
      differs->title ==
      "LiveKit uses UDP 50017, 50044, its configuration says 20000-25000: it does not run with what was read "
      "here");
  CHECK(differs->origin->line == 5);
  for (const std::uint16_t port : {std::uint16_t{50018}, std::uint16_t{50019}}) {
    survey.withheld.push_back(session(MediaStage::done, {answered("198.51.100.23", port)}));
  }
  const Judgement many = judge(survey, known(), deployed());
  CHECK(std::ranges::find(many.findings(), differs->id, &Finding::id)->title ==
        "LiveKit uses UDP 50017, 50044, 50018 and 1 more, its configuration says 20000-25000: it does not "
        "run with what was read here");
}

TEST_CASE("media_udp: ports that a NAT or a firewall made, or of TCP, are no other configuration's") {
  probes::CandidateReport mapped = answered("198.51.100.23", 41000);
  mapped.candidate.type = proto::CandidateType::srflx;
  probes::CandidateReport learned = answered("198.51.100.23", 42000);
  learned.pair->learned = true;
  MediaSurvey survey = connected({answered("198.51.100.23", 20000), answered("198.51.100.23", 25000), mapped,
                                  learned, over_tcp(silent("198.51.100.23", 7881))});
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
  Deployment without = deployed();
  without.livekit->udp.reset();
  CHECK(ids(judge(connected({answered("198.51.100.23", 50017)}), known(), without)) == Ids{});
}

TEST_CASE(
    "media_udp: behind a router of ours LiveKit cannot send first if nobody told it where we are seen") {
  const std::string host = "candidate:1 1 udp 2130706431 10.66.0.77 40000 typ host";
  const std::string mapped =
      "candidate:1s 1 udp 1694498815 192.0.2.5 40000 typ srflx raddr 10.66.0.77 rport 40000";
  Deployment deployment = deployed();
  deployment.run.third_party = ThirdParty::any;
  MediaSurvey survey = all_silent();
  survey.offered->told = {host};
  const Judgement unknown = judge(survey, known(), deployment);
  REQUIRE(ids(unknown) == Ids{"udp-range-filtered"});
  REQUIRE(unknown.untested().size() == 1);
  CHECK(unknown.untested().front().what ==
        "whether LiveKit's own packets open its UDP ports at 198.51.100.23");
  CHECK(unknown.untested().front().how ==
        "name a STUN server with --stun HOST:PORT, or run from a public address");
  survey.offered->told = {host, mapped};
  const Judgement told = judge(survey, known(), deployment);
  CHECK(ids(told) == Ids{"udp-range-filtered"});
  CHECK(told.untested().empty());
  survey.offered->told = {"candidate:1 1 udp 2130706431 192.0.2.77 40000 typ host"};
  CHECK(judge(survey, known(), deployment).untested().empty());
}
