// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/facts/url_addresses.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_tcp_ice();
}

using namespace lkdoctor;

namespace {

Json connected(std::string end, std::string answer = "") {
  return {{"dialled", {{"took", 1200}}}, {"end", end}, {"answer", answer}};
}
Json failed(std::string error) {
  return {{"dialled", {{"took", 5'000'000}, {"outcome", {{"stage", "connect"}, {"error", error}}}}},
          {"end", "not-connected"}};
}
const Json kControlRefused = {{"outcome", {{"stage", "connect"}, {"error", "refused"}}}};
const Json kControlConnects = {{"took", 1000}};

Json mux(std::string address, std::string role) {
  return {{"address", address},          {"role", role},
          {"bare", connected("closed")}, {"stranger", connected("open")},
          {"mute", connected("open")},   {"control", kControlRefused}};
}
Json dead(std::string address, std::string role, std::string error) {
  return {{"address", address}, {"role", role}, {"bare", failed(error)}, {"stranger", failed(error)}};
}
Json ends(std::string bare, std::string stranger, std::string mute, Json control = kControlRefused) {
  return {{"address", "198.51.100.23"},      {"role", "configured"},    {"bare", connected(bare)},
          {"stranger", connected(stranger)}, {"mute", connected(mute)}, {"control", std::move(control)}};
}
Json seen(std::vector<Json> targets) {
  return {{"port", 7881}, {"targets", std::move(targets)}};
}

Deployment deployed(std::string node_ip = "") {
  Deployment deployment;
  deployment.livekit.emplace();
  if (!node_ip.empty()) deployment.livekit->node_ip.value = {node_ip};
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  return deployment;
}

Judgement judged(const Json& observation, const Deployment& deployment, const Facts& facts = {}) {
  return test::judge(*checks::make_tcp_ice(), observation, facts, deployment);
}
/// The first finding as "id severity confidence: sentence"; else "-".
std::string first(const Judgement& judgement) {
  if (judgement.findings().empty()) return "-";
  const Finding& finding = judgement.findings().front();
  return finding.id + " " + Json(finding.severity).get<std::string>() + " " +
         Json(finding.confidence).get<std::string>() + ": " + finding.title;
}

}  // namespace

TEST_CASE("tcp_ice: a responder on another host holds no port of the LiveKit that answers") {
  Deployment deployment = deployed("198.51.100.23");
  CarriedSession& carried = deployment.run.carried.emplace();
  carried.reached = true;
  carried.address = "198.51.100.20";
  carried.tcp = {{7881, "answers", ""}};
  Json observation = seen({mux("198.51.100.23", "configured")});
  observation["told"] = Json::array({{{"port", carried.tcp.front()}, {"took", 900}}});
  CHECK(judged(observation, deployment).findings().empty());
}

TEST_CASE("tcp_ice: silence where a forward proxy is the way out is not LiveKit's") {
  Facts facts;
  facts.set(facts::forward_proxy, facts::ProxyWay{"http://proxy:3128", true});
  const Deployment deployment = deployed("198.51.100.23");
  const Judgement judgement =
      judged(seen({dead("198.51.100.23", "configured", "timed-out")}), deployment, facts);
  CHECK(judgement.findings().empty());
  CHECK(judgement.skip_reason() == "there may be no direct way out of this network");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().reason ==
        "no answer directly, and the forward proxy http://proxy:3128 does not carry it");
  CHECK(judged(seen({mux("198.51.100.23", "configured")}), deployment, facts).findings().empty());
}

TEST_CASE("tcp_ice asks nothing where LiveKit offers no TCP, and says so by who needs it") {
  Deployment deployment = deployed();
  deployment.livekit->tcp_port.value = 0;
  test::TestProbe probe(deployment);
  const Json observation = test::collect(*checks::make_tcp_ice(), probe);
  CHECK(observation.at("targets").empty());
  CHECK(first(judged(observation, deployment)) ==
        "ice-tcp-not-configured warning proven: LiveKit offers no ICE/TCP: rtc.tcp_port is 0, so who cannot "
        "send UDP cannot join");
  deployment.run.audience = Audience::lan;
  CHECK(judged(observation, deployment).findings().front().severity == Severity::info);
  deployment.run.audience = Audience::internet;
  deployment.livekit->turn.enabled = true;
  CHECK(judged(observation, deployment).findings().front().severity == Severity::info);
}

TEST_CASE("tcp_ice names each way in which the port is not LiveKit's") {
  const Deployment deployment = deployed("198.51.100.23");
  CHECK(first(judged(seen({dead("198.51.100.23", "configured", "refused")}), deployment)) ==
        "ice-tcp-closed warning proven: TCP 7881 on 198.51.100.23 is refused: nothing listens there, or a "
        "firewall rejects it");
  CHECK(first(judged(seen({dead("198.51.100.23", "configured", "prohibited")}), deployment)) ==
        "ice-tcp-closed warning proven: TCP 7881 on 198.51.100.23 is turned away: a firewall or router says "
        "so by ICMP");
  CHECK(first(judged(seen({dead("198.51.100.23", "configured", "timed-out")}), deployment)) ==
        "ice-tcp-closed warning proven: TCP 7881 on 198.51.100.23 is filtered: nothing answers");
  CHECK(first(judged(seen({ends("open", "open", "open", kControlConnects)}), deployment)) ==
        "ice-tcp-closed warning proven: TCP 7881 on 198.51.100.23 is accepted by something on the way that "
        "accepts every port, also 4: LiveKit itself does not answer");
  CHECK(first(judged(seen({ends("closed", "closed", "closed")}), deployment)) ==
        "ice-tcp-backend-down warning proven: TCP 7881 on 198.51.100.23 accepts every connection and closes "
        "it at once: a relay whose LiveKit does not run");
  CHECK(first(judged(seen({ends("open", "open", "open")}), deployment)) ==
        "ice-tcp-backend-down warning proven: TCP 7881 on 198.51.100.23 holds every connection and never "
        "acts: a relay whose LiveKit does not answer, or a firewall that lets no data through");
  CHECK(first(judged(seen({ends("reset", "closed", "open")}), deployment)) ==
        "ice-tcp-behind-proxy warning proven: TCP 7881 on 198.51.100.23 is answered by another service "
        "instead of LiveKit");
  Json http = ends("answered", "answered", "open");
  http["bare"]["answer"] = "HTTP/1.1 400 Bad Request";
  CHECK(first(judged(seen({http}), deployment)) ==
        "ice-tcp-behind-proxy warning proven: TCP 7881 on 198.51.100.23 is answered by HTTP instead of "
        "LiveKit");
  http["bare"]["answer"] = std::string("\x15\x03\x03", 3);
  CHECK(
      first(judged(seen({http}), deployment)) ==
      "ice-tcp-behind-proxy warning proven: TCP 7881 on 198.51.100.23 is answered by TLS instead of LiveKit");
}

TEST_CASE("tcp_ice does not lose LiveKit behind a firewall that accepts every port") {
  CHECK(first(judged(seen({ends("closed", "open", "open", kControlConnects)}), deployed("198.51.100.23"))) ==
        "-");
}

TEST_CASE("tcp_ice does not blame the signalling address when node_ip names another that answers") {
  const Json observation =
      seen({mux("198.51.100.23", "configured"), dead("203.0.113.9", "signalling", "timed-out")});
  const Judgement judgement = judged(observation, deployed("198.51.100.23"));
  CHECK(first(judgement) == "-");
  CHECK_FALSE(judgement.unknown_reason());
}

TEST_CASE("tcp_ice blames node_ip alone when neither address answers") {
  const Json observation =
      seen({dead("198.51.100.23", "configured", "refused"), dead("203.0.113.9", "signalling", "timed-out")});
  const Judgement judgement = judged(observation, deployed("198.51.100.23"));
  REQUIRE(judgement.findings().size() == 1);
  CHECK(judgement.findings().front().subject == "198.51.100.23:7881");
}

TEST_CASE("tcp_ice says that node_ip is the wrong address when LiveKit answers at another one") {
  const Json observation =
      seen({dead("198.51.100.99", "configured", "timed-out"), mux("198.51.100.23", "signalling")});
  CHECK(first(judged(observation, deployed("198.51.100.99"))) ==
        "wrong-wan-ip failure likely: LiveKit sends clients to 198.51.100.99 (node_ip), but its ICE/TCP port "
        "answers at 198.51.100.23 and not there");
}

TEST_CASE("tcp_ice does not judge the way back to the public address from LiveKit's own host") {
  Deployment deployment = deployed("198.51.100.23");
  deployment.run.vantage = Vantage::livekit_host;
  const Json observation = seen({dead("198.51.100.23", "configured", "timed-out"), mux("10.0.0.5", "own")});
  const Judgement judgement = judged(observation, deployment);
  CHECK(first(judgement) == "-");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "TCP 7881 on 198.51.100.23");
}

TEST_CASE("tcp_ice on LiveKit's own host blames the host's own addresses") {
  Deployment deployment = deployed("198.51.100.23");
  deployment.run.vantage = Vantage::livekit_host;
  const Json observation =
      seen({dead("198.51.100.23", "configured", "timed-out"), dead("10.0.0.5", "own", "refused")});
  CHECK(judged(observation, deployment).findings().front().subject == "10.0.0.5:7881");
}

TEST_CASE("tcp_ice is less sure where it only knows the address of public_url") {
  const Json observation = seen({dead("198.51.100.23", "signalling", "timed-out")});
  CHECK(first(judged(observation, deployed())) ==
        "ice-tcp-closed warning likely: TCP 7881 on 198.51.100.23 is filtered: nothing answers");
}

TEST_CASE("tcp_ice cannot tell without LiveKit's configuration, and mentions what it saw") {
  Deployment deployment = deployed();
  deployment.livekit.reset();
  const Judgement judgement = judged(seen({dead("198.51.100.23", "signalling", "timed-out")}), deployment);
  CHECK(first(judgement) ==
        "ice-tcp-closed info possible: TCP 7881 on 198.51.100.23 is filtered: nothing answers");
  CHECK(judgement.unknown_reason() ==
        "whether LiveKit uses TCP 7881 at 198.51.100.23 is not known without its configuration");
}

TEST_CASE("tcp_ice leaves an address alone that is OpenTalk's own proxy") {
  Facts facts;
  facts.set(facts::signalling_topology, facts::Topology::controller_proxy);
  const Judgement judgement =
      judged(seen({dead("198.51.100.23", "signalling", "refused")}), deployed(), facts);
  CHECK(first(judgement) == "-");
  CHECK(judgement.unknown_reason() == "no address of LiveKit's media is known and routable here");
}

TEST_CASE("tcp_ice leaves a private node_ip to those who can reach it") {
  const Json observation = seen({dead("10.20.0.10", "configured", "timed-out")});
  CHECK(first(judged(observation, deployed("10.20.0.10"))) == "-");
  Deployment lan = deployed("10.20.0.10");
  lan.run.vantage = Vantage::inside;
  lan.run.audience = Audience::lan;
  CHECK(judged(observation, lan).findings().front().id == "ice-tcp-closed");
}

TEST_CASE("tcp_ice does not count an address family that has no route here") {
  const Json observation = seen({dead("2001:db8::1", "signalling", "network-unreachable")});
  CHECK(first(judged(observation, deployed())) == "-");
  CHECK(judged(observation, deployed()).unknown_reason());
}

TEST_CASE(
    "tcp_ice says nothing of the signalling address when a session found ICE/TCP where LiveKit named it") {
  const Json observation = seen({dead("198.51.100.20", "signalling", "refused")});
  CHECK(first(judged(observation, deployed())).starts_with("ice-tcp-closed"));
  Facts facts;
  facts.set(facts::media_tcp_proof, facts::MediaProof{true, false, "done", {"198.51.100.23:7881"}, {}, {}});
  CHECK(first(judged(observation, deployed(), facts)) == "-");
}

TEST_CASE("tcp_ice drops its guess at the signalling address once LiveKit has named others") {
  const Json observation = seen({dead("198.51.100.20", "signalling", "refused")});
  Facts facts;
  facts::ServerCandidates named;
  proto::Candidate candidate;
  candidate.endpoint = {"198.51.100.1", 7881};
  named.candidates = {candidate};
  facts.set(facts::server_candidates, named);
  const Judgement judgement = judged(observation, deployed(), facts);
  CHECK(first(judgement) == "-");
  CHECK(judgement.skip_reason() == "LiveKit names other addresses for media: media_tcp has looked at those");
  named.candidates.front().endpoint.address = "198.51.100.20";
  facts.set(facts::server_candidates, named);
  CHECK(first(judged(observation, deployed(), facts)).starts_with("ice-tcp-closed"));
}
