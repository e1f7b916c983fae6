// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/probes/turn_survey.hpp>

#include "support/provoked.hpp"
#include "support/turn_tries.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_turn_udp();
}

using namespace lkdoctor;
using namespace lkdoctor::test;

namespace {

constexpr auto kUrl = "turn:198.51.100.7:3478?transport=udp";

Json udp_try(Json relay, Json media = nullptr) {
  return turn_try(kUrl, "198.51.100.7", std::move(relay), std::move(media));
}

Deployment deployed() {
  Deployment deployment;
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  return deployment;
}

Judgement judged(std::vector<Json> tries, const Facts& facts = {}, const Deployment& deployment = deployed(),
                 std::vector<std::string> urls = {kUrl}) {
  const Json survey{
      {"urls", urls}, {"tries", tries}, {"joined", Json::object()}, {"seen_at_s", 1'800'000'000}};
  return test::judge(*checks::make_turn_udp(), survey, facts, deployment);
}

Facts with_stun(std::optional<std::string> mapped) {
  Facts facts;
  facts::ExternalAddresses external;
  external.servers.push_back({"stun.isp.example:3478", "203.0.113.53", "ipv4", std::move(mapped)});
  facts.set(facts::external_addresses.name, external);
  return facts;
}

}  // namespace

TEST_CASE("a relay through which media is connected raises nothing, and its figures are facts") {
  const Judgement judgement = judged({udp_try(allocated(), connected_media())});
  CHECK(ids(judgement).empty());
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts()["transport"] == "turn-udp");
  CHECK(judgement.facts()["connected"] == true);
  CHECK(judgement.facts()["rtt_ms"] == 2.5);
  CHECK(judgement.facts()["loss_ratio"] == doctest::Approx(0.05));
  const Json candidate{{"type", "host"},
                       {"transport", "udp"},
                       {"address", "198.51.100.23"},
                       {"port", 20017},
                       {"answered", true}};
  CHECK(Json(judgement.facts()["candidates"][0]) == candidate);
  CHECK(judgement.facts()["servers"][0]["state"] == "works");
  CHECK(judgement.facts()["servers"][0]["relayed_address"] == "198.51.100.7:30001");
}

TEST_CASE("no TURN over UDP on offer is nothing to judge, and nothing measured") {
  const Json survey{{"urls", {"stun:stun.isp.example:3478"}}};
  const Judgement judgement = test::judge(*checks::make_turn_udp(), survey, {}, deployed());
  CHECK(ids(judgement).empty());
  CHECK(judgement.skip_reason() == "LiveKit offers no TURN over UDP");
  CHECK(judgement.facts()["connected"].is_null());
  CHECK(judgement.facts()["rtt_ms"].is_null());
}

TEST_CASE("without a session there are no credentials and no verdict") {
  const Judgement judgement = judged({});
  CHECK(ids(judgement).empty());
  CHECK(judgement.unknown_reason() == "no session that would give TURN credentials");
}

TEST_CASE("a silent relay is named where UDP is known to leave this network") {
  const Judgement judgement = judged({udp_try(silent())}, with_stun("192.0.2.77:41234"));
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title == "TURN over UDP at 198.51.100.7:3478 does not answer: no answer.");
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::proven);
  CHECK(judgement.facts()["connected"] == false);
}

TEST_CASE(
    "a silent relay says nothing where no control server answers either, and less than proof where none was "
    "asked") {
  const Judgement blocked = judged({udp_try(silent())}, with_stun(std::nullopt));
  CHECK(ids(blocked).empty());
  CHECK(blocked.unknown_reason() == "this network lets no UDP out: no STUN server answers either");
  const Judgement unknown = judged({udp_try(silent())});
  CHECK(unknown.findings().front().confidence == Confidence::likely);
}

TEST_CASE("a silent relay says nothing where another host answers over TLS and LiveKit is silent as well") {
  Facts facts;
  facts.set(facts::media_udp_proof, {false, false, "ice", {}, {"198.51.100.23:20001"}, {}});
  facts.set(facts::turn_udp_proof, {false, false, "", {}, {"198.51.100.7:3478"}, {}});
  facts.set(facts::turn_tls_proof, {true, false, "done", {"198.51.100.7:443"}, {}, {}});
  const Judgement mute = judged({udp_try(silent())}, facts);
  CHECK(ids(mute).empty());
  CHECK(mute.unknown_reason() ==
        "either this network lets no UDP out, or none is let in before LiveKit and before the TURN server: "
        "silence proves nothing");
  facts.set(facts::media_udp_proof, {true, false, "done", {"198.51.100.23:20001"}, {}, {}});
  const Judgement heard = judged({udp_try(silent())}, facts);
  CHECK(ids(heard) == std::vector<std::string>{"turn-unreachable"});
}

TEST_CASE("what other checks are told of relays: whether media went through one, and which answer") {
  const probes::TurnSurvey survey =
      Json{{"tries", {udp_try(silent()), udp_try(allocated(), connected_media())}}};
  const facts::MediaProof proof = probes::proof_of(survey);
  CHECK(proof.connected);
  CHECK(proof.stage == "done");
  CHECK(proof.answered == std::vector<std::string>{"198.51.100.7:3478"});
  CHECK(proof.silent == std::vector<std::string>{"198.51.100.7:3478"});
}

TEST_CASE("a TURN server of LiveKit's configuration is told with its place there") {
  Deployment deployment = deployed();
  deployment.livekit.emplace();
  deployment.livekit->turn_servers = {
      {"198.51.100.7", 443, "tls", {Origin::Kind::file, "livekit.yaml", 9, 5}},
      {"198.51.100.7", 3478, "udp", {Origin::Kind::file, "livekit.yaml", 13, 5}}};
  const Judgement named = judged({udp_try(silent())}, with_stun("192.0.2.77:41234"), deployment);
  REQUIRE(named.findings().front().origin);
  CHECK(named.findings().front().origin->line == 13);
  deployment.livekit->turn_servers.clear();
  deployment.livekit->turn.enabled = true;
  deployment.livekit->turn.udp_port = 3478;
  deployment.livekit->turn_origin = {Origin::Kind::file, "livekit.yaml", 20, 12};
  const Judgement own = judged({udp_try(refused(401, 401))}, {}, deployment);
  REQUIRE(own.findings().front().origin);
  CHECK(own.findings().front().origin->line == 20);
}

TEST_CASE("a closed port is told with who said so") {
  Json relay = silent();
  relay["outcome"] = {{"stage", "response"}, {"error", "refused"}, {"text", "port unreachable"}};
  relay["reporter"] = "198.51.100.7";
  const Judgement judgement = judged({udp_try(relay)});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  CHECK(judgement.findings().front().title ==
        "TURN over UDP at 198.51.100.7:3478 does not answer: port unreachable.");
  CHECK(judgement.findings().front().confidence == Confidence::proven);
}

TEST_CASE("credentials that are refused after the challenge are the wrong ones, with either server's code") {
  for (const int code : {400, 401, 441}) {
    const Judgement judgement = judged({udp_try(refused(401, code))});
    REQUIRE(ids(judgement) == std::vector<std::string>{"turn-credentials-rejected"});
  }
  CHECK(judged({udp_try(refused(401, 401))}).findings().front().title ==
        "The TURN server at 198.51.100.7:3478 rejects the credentials that LiveKit hands out (401).");
}

TEST_CASE("a quota is not a wrong credential") {
  const Judgement judgement = judged({udp_try(refused(401, 486))});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-allocation-refused"});
  CHECK(judgement.findings().front().title == "The TURN server at 198.51.100.7:3478 gives no relay (486).");
}

TEST_CASE("peers that are all refused, and peers that do not answer, are two things") {
  Json forbidden = allocated();
  forbidden["turn"]["permissions"] = Json::array({permission("10.20.0.23", 403)});
  const Judgement first = judged({udp_try(forbidden, failed_media("ice"))});
  REQUIRE(ids(first) == std::vector<std::string>{"turn-relay-peer-forbidden"});
  CHECK(first.findings().front().title ==
        "The TURN server at 198.51.100.7:3478 refuses to relay to LiveKit at 10.20.0.23 (403).");
  CHECK(first.findings().front().remedy.text.find("turn.allow_restricted_peer_cidrs") != std::string::npos);
  Json mute = allocated();
  mute["turn"]["permissions"] = Json::array({permission("198.51.100.23", 0)});
  const Judgement second = judged({udp_try(mute, failed_media("ice"))});
  REQUIRE(ids(second) == std::vector<std::string>{"turn-relay-cannot-reach-sfu"});
  CHECK(second.findings().front().title ==
        "The TURN server at 198.51.100.7:3478 relays from 198.51.100.7:30001, but LiveKit at 198.51.100.23 "
        "does not "
        "answer through it.");
}

TEST_CASE("a relay that reaches LiveKit over TLS is not what keeps UDP from it") {
  Json mute = allocated();
  mute["turn"]["permissions"] = Json::array({permission("198.51.100.23", 0)});
  Facts facts;
  facts.set(facts::turn_tls_proof, {true, false, "done", {"198.51.100.7:443"}, {}, {}});
  const Judgement judgement = judged({udp_try(mute, failed_media("ice"))}, facts);
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-relay-cannot-reach-sfu"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.confidence == Confidence::likely);
  CHECK(finding.remedy.text.starts_with("Look for what drops or cuts off UDP flows between here and"));
}

TEST_CASE("one refused peer beside one through which media flows is nothing") {
  Json relay = allocated();
  relay["turn"]["permissions"] = Json::array({permission("172.17.0.1", 403), permission("198.51.100.23", 0)});
  CHECK(ids(judged({udp_try(relay, connected_media())})).empty());
}

TEST_CASE("DTLS that does not finish through the relay is not a silent LiveKit") {
  const Judgement judgement = judged({udp_try(allocated(), failed_media("dtls"))});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-relay-cannot-reach-sfu"});
  CHECK(judgement.findings().front().title ==
        "Through the TURN server at 198.51.100.7:3478 LiveKit answers ICE, but DTLS does not finish.");
}

TEST_CASE("a session that fails before its media is not the relay's fault") {
  const Judgement judgement = judged({udp_try(allocated(), failed_media("signalling"))});
  CHECK(ids(judgement).empty());
  CHECK(judgement.unknown_reason() == "no session through the relay: it broke off");
}

TEST_CASE("a relay without a challenge is open to anybody") {
  Json relay = allocated();
  relay["turn"]["first_code"] = 0;
  CHECK(ids(judged({udp_try(relay, connected_media())})) == std::vector<std::string>{"turn-open-relay"});
}

TEST_CASE("HTTP/3 on the port that clients are told is a conflict") {
  const auto url = "turn:198.51.100.7:443?transport=udp";
  Json one = turn_try(url, "198.51.100.7", silent(), nullptr);
  one["speaks_quic"] = true;
  const Judgement judgement = judged({one}, {}, deployed(), {url});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-udp-443-quic-conflict"});
  CHECK(judgement.findings().front().title ==
        "UDP 198.51.100.7:443 answers HTTP/3 (QUIC), and clients are told that it is TURN.");
}

TEST_CASE("a private address is useless to the internet and right for a LAN") {
  const auto url = "turn:10.20.0.23:3478?transport=udp";
  const std::vector<Json> tries{turn_try(url, "10.20.0.23", silent(), nullptr)};
  const Judgement judgement = judged(tries, {}, deployed(), {url});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-udp-private-ip"});
  CHECK(judgement.findings().front().title ==
        "TURN is offered at 10.20.0.23, an address that clients outside cannot use.");
  Deployment lan = deployed();
  lan.run.audience = Audience::lan;
  const std::vector<Json> works{turn_try(url, "10.20.0.23", allocated(), connected_media())};
  CHECK(ids(judged(works, {}, lan, {url})).empty());
}

TEST_CASE("a URL without a host stops every browser") {
  const Json survey{{"urls", {"turn::3478?transport=udp"}}, {"unusable", {"turn::3478?transport=udp"}}};
  const Judgement judgement = test::judge(*checks::make_turn_udp(), survey, {}, deployed());
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-udp-private-ip"});
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("LiveKit's default STUN servers are worth knowing") {
  const Json survey{{"urls", {"stun:global.stun.twilio.com:3478", "stun:stun.l.google.com:19302"}}};
  const Judgement judgement = test::judge(*checks::make_turn_udp(), survey, {}, deployed());
  REQUIRE(ids(judgement) == std::vector<std::string>{"default-public-stun-in-use"});
  CHECK(judgement.findings().front().severity == Severity::info);
  CHECK(judgement.findings().front().title ==
        "Clients are told to ask global.stun.twilio.com, stun.l.google.com for their address: LiveKit's "
        "default.");
}

TEST_CASE("one good server does not hide a dead one") {
  const Json dead = turn_try("turn:turn2.uni.example:3478", "203.0.113.9", silent(), nullptr);
  const Judgement judgement = judged({udp_try(allocated(), connected_media()), dead});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  CHECK(judgement.findings().front().subject == "turn:turn2.uni.example:3478");
  CHECK(judgement.findings().front().confidence == Confidence::proven);
  CHECK(judgement.facts()["connected"] == true);
}

TEST_CASE("a name without an address is told as such") {
  const Json nameless = turn_try("turn:turn.uni.example:3478", "", Json::object(), nullptr);
  const Judgement judgement = judged({nameless});
  REQUIRE(ids(judgement) == std::vector<std::string>{"turn-unreachable"});
  CHECK(judgement.findings().front().title ==
        "The name of the TURN server turn.uni.example has no address here.");
  CHECK(judgement.findings().front().subject == "turn.uni.example");
  for (const Evidence& one : judgement.findings().front().evidence) CHECK(one.key != "addresses");
}

TEST_CASE("a name server that does not answer says nothing of the TURN server") {
  Json nameless = turn_try("turn:turn.uni.example:3478", "", Json::object(), nullptr);
  nameless["resolved"] = Json{{"stage", "resolve"}, {"error", "timed-out"}, {"text", "no answer in time"}};
  const Judgement judgement = judged({nameless});
  CHECK(ids(judgement).empty());
  CHECK(judgement.unknown_reason() ==
        "the name of the TURN server turn.uni.example could not be looked up: no answer in time");
}

TEST_CASE("a family without a route here is not tested, and nothing else is said of it") {
  Json relay = silent();
  relay["outcome"] = {{"stage", "request"}, {"error", "network-unreachable"}};
  const Judgement judgement = judged({turn_try("turn:[2001:db8::7]:3478", "2001:db8::7", relay, nullptr)});
  CHECK(ids(judgement).empty());
  CHECK(judgement.unknown_reason() == "no route from here to any TURN server");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested()[0].what == "TURN over IPv6");
}
