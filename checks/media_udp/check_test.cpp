// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_udp();
}

using namespace lkdoctor;
using namespace lkdoctor::test;
using probes::MediaStage;
using probes::MediaSurvey;

namespace {

using Ids = std::vector<std::string>;

Deployment deployed(Audience audience = Audience::internet, Vantage vantage = Vantage::outside) {
  Deployment deployment;
  deployment.public_url = {"https://livekit.example", {Origin::Kind::flag, "--public-url", 0, 0}};
  deployment.run.audience = audience;
  deployment.run.vantage = vantage;
  deployment.livekit.emplace();
  deployment.livekit->udp = PortRange{20000, 25000};
  deployment.livekit->udp_origin = {Origin::Kind::file, "livekit.yaml", 5, 21};
  return deployment;
}

Facts known(const std::string& signalling = "198.51.100.23") {
  Facts facts;
  facts.set(facts::public_addresses,
            {"https://livekit.example", "livekit.example", 443, true, "", {signalling}});
  return facts;
}

facts::MediaProof tcp_works() {
  return {true, false, "done", {"198.51.100.23:7881"}, {}, {}};
}

Judgement judge(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment) {
  return test::judge(*checks::make_media_udp(), survey, facts, deployment);
}

MediaSurvey all_silent() {
  MediaSurvey survey;
  for (std::uint16_t port = 20001; port < 20005; ++port) {
    survey.withheld.push_back(session(MediaStage::ice, {silent("198.51.100.23", port)}));
  }
  survey.offered = session(MediaStage::ice, {silent("198.51.100.23", 20010)});
  return survey;
}

MediaSurvey connected(std::vector<probes::CandidateReport> candidates) {
  MediaSurvey survey;
  survey.withheld.push_back(session(MediaStage::done, std::move(candidates)));
  survey.quality = {20, 20, Microseconds(1500)};
  return survey;
}

}  // namespace

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
        "Of LiveKit's UDP ports at 198.51.100.23, 20001 answer and 23000 do not: the firewall covers a part "
        "of the "
        "range");
}

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

TEST_CASE("media_udp: on LiveKit's host its public address proves nothing") {
  const Judgement judgement =
      judge(all_silent(), known(), deployed(Audience::internet, Vantage::livekit_host));
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason());
}

TEST_CASE("media_udp: loss is counted, and one lost packet is no finding") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.quality = {20, 19, Microseconds(1500)};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
  survey.quality = {20, 15, Microseconds(1500)};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"packet-loss-high"});
  CHECK(judgement.findings().front().title == "5 of 20 packets between here and LiveKit are lost");
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
  const Judgement judgement = judge(survey, facts, deployed());
  REQUIRE(ids(judgement) == Ids{"udp-range-filtered"});
  CHECK(judgement.findings().front().confidence == Confidence::proven);
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

TEST_CASE("media_udp: servers that know nothing of each other's rooms") {
  MediaSurvey survey = connected({answered("198.51.100.23", 20001)});
  survey.shared = {1, 1, "https://livekit.example", "ND_one", "ND_two"};
  const Judgement judgement = judge(survey, known(), deployed());
  REQUIRE(ids(judgement) == Ids{"nodes-inconsistent"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  survey.shared = {4, 0, "", "", ""};
  CHECK(ids(judge(survey, known(), deployed())) == Ids{});
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
