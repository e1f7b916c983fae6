// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/media_sessions.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_media_tcp();
}

using namespace lkdoctor;
using namespace lkdoctor::test;
using probes::MediaStage;

namespace {

using Ids = std::vector<std::string>;

Deployment deployed() {
  Deployment deployment;
  deployment.run.audience = Audience::internet;
  deployment.run.vantage = Vantage::outside;
  return deployment;
}

Judgement judge(probes::MediaReport report, const Facts& facts = {},
                const Deployment& deployment = deployed()) {
  probes::MediaSurvey survey;
  report.transport = probes::Transport::tcp;
  survey.withheld.push_back(std::move(report));
  return test::judge(*checks::make_media_tcp(), survey, facts, deployment);
}

Facts udp(bool connected) {
  Facts facts;
  facts::MediaProof proof{connected, false, connected ? "done" : "ice", {}, {}, {}};
  (connected ? proof.answered : proof.silent).push_back("198.51.100.23:20001");
  facts.set(facts::media_udp_proof, proof);
  return facts;
}

probes::CandidateReport closed(net::NetError error, std::string text) {
  probes::CandidateReport report = over_tcp(silent("198.51.100.23", 7881));
  report.pair.reset();
  report.carrier = {net::Stage::connect, error, std::move(text)};
  return report;
}

}  // namespace

TEST_CASE("media_tcp is content where a session connects beside UDP") {
  const Judgement judgement =
      judge(session(MediaStage::done, {over_tcp(answered("198.51.100.23", 7881))}), udp(true));
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.facts().at("transport") == "tcp");
  CHECK(judgement.facts().at("connected") == true);
  CHECK(judgement.facts().at("candidates").at(0).at("transport") == "tcp");
}

TEST_CASE("media_tcp: calls work over TCP alone") {
  const Judgement judgement =
      judge(session(MediaStage::done, {over_tcp(answered("198.51.100.23", 7881))}), udp(false));
  REQUIRE(ids(judgement) == Ids{"media-silently-on-tcp"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().title ==
        "Calls work, but over TCP alone: UDP to 198.51.100.23:20001 fails. Sound and picture will stutter");
}

TEST_CASE("media_tcp: a closed port is a warning while UDP carries, else a failure") {
  const auto refused = closed(net::NetError::refused, "connection refused");
  const Judgement judgement = judge(session(MediaStage::ice, {refused}), udp(true));
  REQUIRE(ids(judgement) == Ids{"ice-tcp-closed"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().subject == "198.51.100.23:7881");
  CHECK(judgement.findings().front().title ==
        "TCP 7881 at 198.51.100.23 is refused: people whose network blocks UDP cannot join");
  const auto dropped = closed(net::NetError::timed_out, "silence");
  CHECK(judge(session(MediaStage::ice, {dropped}), udp(false)).findings().front().severity ==
        Severity::failure);
}

TEST_CASE("media_tcp: a closed port is a failure where flows over UDP are cut off") {
  Facts facts;
  facts.set(facts::media_udp_proof,
            {true, false, "done", {"198.51.100.23:20001"}, {}, {}, {}, {}, std::string("cut")});
  const auto refused = session(MediaStage::ice, {closed(net::NetError::refused, "connection refused")});
  const Judgement judgement = judge(refused, facts);
  REQUIRE(ids(judgement) == Ids{"ice-tcp-closed"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "TCP 7881 at 198.51.100.23 is refused: UDP flows are cut off as well, so that nobody has media");
  facts.set(facts::turn_tls_proof, {true, false, "done", {"198.51.100.40:443"}, {}, {}});
  const Judgement relayed = judge(refused, facts);
  CHECK(relayed.findings().front().severity == Severity::warning);
  CHECK(relayed.findings().front().title ==
        "TCP 7881 at 198.51.100.23 is refused: people whose network blocks UDP cannot join");
}

TEST_CASE("media_tcp: no TCP candidate matters to the internet unless TURN is there") {
  auto candidate = silent("198.51.100.23", 20001);
  candidate.tried = false;
  const Judgement judgement = judge(session(MediaStage::candidates, {candidate}), udp(true));
  REQUIRE(ids(judgement) == Ids{"ice-tcp-not-configured"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  Facts facts = udp(true);
  facts::JoinResponse joined;
  joined.ice_urls = {"turns:livekit.example:443?transport=tcp"};
  facts.set(facts::join_response, joined);
  CHECK(judge(session(MediaStage::candidates, {candidate}), facts).findings().front().severity ==
        Severity::info);
}

TEST_CASE("media_tcp: private and loopback addresses alone are the address's fault, not the port's") {
  CHECK(ids(judge(session(MediaStage::ice, {over_tcp(silent("10.20.0.23", 7881))}), udp(false))) ==
        Ids{"private-ip-advertised"});
  CHECK(ids(judge(session(MediaStage::ice, {over_tcp(silent("172.18.0.5", 7881))}), udp(false))) ==
        Ids{"docker-bridge-ip-advertised"});
  CHECK(ids(judge(session(MediaStage::ice, {over_tcp(silent("127.0.0.1", 7881))}), udp(false))) ==
        Ids{"loopback-node-ip"});
}

TEST_CASE("media_tcp: ICE passes and DTLS does not, a warning while UDP carries") {
  const Judgement judgement =
      judge(session(MediaStage::dtls, {over_tcp(answered("198.51.100.23", 7881))}), udp(true));
  REQUIRE(ids(judgement) == Ids{"dtls-never-completes"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}

TEST_CASE("media_tcp: without a session nothing is known") {
  probes::MediaReport none = session(MediaStage::description, {});
  none.why = "no answer to our offer came";
  const Judgement judgement = judge(none);
  CHECK(judgement.unknown_reason() == "no answer to our offer came");
  CHECK(judgement.facts().at("connected").is_null());
}

TEST_CASE("media_tcp leaves to tcp_ice what answers instead of LiveKit") {
  auto proxy = over_tcp(silent("198.51.100.23", 7881));
  proxy.carrier = {net::Stage::response, net::NetError::closed, "closed"};
  Facts facts = udp(true);
  facts.set(facts::ice_tcp, {{}, {"198.51.100.23"}});
  const Judgement judgement = judge(session(MediaStage::ice, {proxy}), facts);
  CHECK(ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "it ended there");
}

TEST_CASE("media_tcp: a stream that somebody ends is a finding where tcp_ice has seen no other server") {
  auto reset = over_tcp(silent("198.51.100.23", 7881));
  reset.carrier = {net::Stage::response, net::NetError::reset, "connection reset by the peer"};
  const Judgement unseen = judge(session(MediaStage::ice, {reset}), udp(true));
  REQUIRE(ids(unseen) == Ids{"ice-tcp-stalls"});
  CHECK(unseen.findings().front().title ==
        "TCP 7881 at 198.51.100.23 accepts the connection and ends it again (connection reset by the peer): "
        "people whose network blocks UDP cannot join");
  CHECK(unseen.findings().front().severity == Severity::warning);
  Facts facts = udp(true);
  facts.set(facts::ice_tcp, {{"198.51.100.23"}, {}});
  CHECK(ids(judge(session(MediaStage::ice, {reset}), facts)) == Ids{"ice-tcp-stalls"});
}

TEST_CASE("media_tcp: a stream that opens and carries nothing is a finding") {
  const auto stalled = over_tcp(silent("198.51.100.23", 7881));
  const Judgement judgement = judge(session(MediaStage::ice, {stalled}), udp(true));
  REQUIRE(ids(judgement) == Ids{"ice-tcp-stalls"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(
      judgement.findings().front().title ==
      "TCP 7881 at 198.51.100.23 accepts the connection and carries nothing: people whose network blocks UDP "
      "cannot join");
  CHECK(judge(session(MediaStage::ice, {stalled}), udp(false)).findings().front().severity ==
        Severity::failure);
}
