// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/provoked.hpp"
#include "support/run.hpp"
#include "support/servers.hpp"
#include "support/test_probe.hpp"
#include "support/turn_server.hpp"
#include "support/turn_tries.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_turn_udp();
std::unique_ptr<Check> make_turn_tls();
}  // namespace lkdoctor::checks

using namespace lkdoctor;
using namespace lkdoctor::test;

namespace {

constexpr auto kUrl = "turn:198.51.100.7:3478?transport=udp";

Deployment deployed(bool passive) {
  Deployment deployment;
  deployment.run.vantage = Vantage::outside;
  deployment.run.audience = Audience::internet;
  deployment.run.passive = passive;
  return deployment;
}

Deployment with_server(std::uint16_t port, bool passive) {
  Deployment deployment = deployed(passive);
  deployment.livekit.emplace();
  deployment.livekit->turn_servers = {{"127.0.0.1", port, "udp", {}}};
  return deployment;
}

Judgement judged(std::vector<Json> tries, bool passive) {
  for (Json& one : tries) one["alone"] = true;
  const Json survey{{"tries", tries}, {"without_session", true}, {"seen_at_s", 1'800'000'000}};
  return test::judge(*checks::make_turn_udp(), survey, {}, deployed(passive));
}

Json challenged() {
  Json out = turn_try(kUrl, "198.51.100.7", refused(401, 401), nullptr);
  out["anonymous"] = true;
  return out;
}

/// Collects against a server of loopback, and gives what it was asked.
Json collected(int& requests) {
  test::TurnServer turn;
  const test::UdpServer server([&](std::string_view packet) {
    const Bytes reply = turn.answer(Bytes(packet.begin(), packet.end()));
    return std::string(reply.begin(), reply.end());
  });
  test::TestProbe probe(with_server(server.endpoint().port, true));
  const Json survey = test::collect(*checks::make_turn_udp(), probe);
  requests = turn.requests;
  CHECK(probe.joins == 0);
  return survey;
}

}  // namespace

TEST_CASE("a server that asks for credentials is there, and nothing more is claimed of it") {
  const Judgement judgement = judged({challenged()}, true);
  CHECK(ids(judgement).empty());
  CHECK(
      judgement.skip_reason() ==
      "turn:198.51.100.7:3478?transport=udp asks for credentials; whether it relays to LiveKit was not tried "
      "(no session: --passive)");
  CHECK(judgement.facts()["connected"].is_null());
  CHECK(judgement.facts()["transport"] == "turn-udp");
  CHECK(judgement.facts()["candidates"] == OrderedJson::array());
  CHECK(judgement.facts()["servers"][0]["state"] == "asks-for-credentials");
}

TEST_CASE("credentials of LiveKit's file that are good or bad are told without a session") {
  Json accepted = challenged();
  accepted["anonymous"] = false;
  accepted["relay"]["turn"]["phase"] = "verified";
  accepted["relay"]["turn"]["error_code"] = 0;
  const Judgement good = judged({accepted}, true);
  CHECK(ids(good).empty());
  CHECK(
      good.skip_reason() ==
      "turn:198.51.100.7:3478?transport=udp accepts the credentials of LiveKit's file; whether it relays to "
      "LiveKit was not tried (no session: --passive)");
  CHECK(good.facts()["connected"].is_null());
  CHECK(good.facts()["servers"][0]["state"] == "accepts-credentials");
  Json wrong = challenged();
  wrong["anonymous"] = false;
  CHECK(ids(judged({wrong}, true)) == std::vector<std::string>{"turn-credentials-rejected"});
  Json mute = challenged();  // it answers the challenge, and nothing to what follows
  mute["anonymous"] = false;
  mute["relay"]["turn"]["error_code"] = 0;
  CHECK(judged({mute}, true).facts()["servers"][0]["state"] == "asks-for-credentials");
}

TEST_CASE("what is wrong with a server needs no session to be seen") {
  CHECK(ids(judged({turn_try(kUrl, "198.51.100.7", silent(), nullptr)}, true)) ==
        std::vector<std::string>{"turn-unreachable"});
  Json open = allocated();
  open["turn"]["first_code"] = 0;
  CHECK(ids(judged({turn_try(kUrl, "198.51.100.7", open, nullptr)}, true)) ==
        std::vector<std::string>{"turn-open-relay"});
}

TEST_CASE("without a server in LiveKit's file there is nothing to do") {
  CHECK(judged({}, false).skip_reason() == "needs join_response, which signalling_join should have given");
  for (const auto make : {checks::make_turn_udp, checks::make_turn_tls}) {
    CHECK(make()->skip_reason(deployed(true)) == "would join a room: --passive");
    // Nobody could join: what LiveKit itself names is not known.
    CHECK(make()->skip_reason(deployed(false)) ==
          "needs join_response, which signalling_join should have given");
  }
  CHECK_FALSE(checks::make_turn_udp()->skip_reason(with_server(3478, true)));
  CHECK(checks::make_turn_tls()->skip_reason(with_server(3478, true)) == "would join a room: --passive");
}

TEST_CASE("nobody is given a relay: one request, and its refusal is the answer") {
  int requests = 0;
  const Json survey = collected(requests);
  CHECK(requests == 1);
  REQUIRE(survey.at("tries").size() == 1);
  CHECK(survey.at("tries")[0].at("anonymous") == true);
  const Judgement judgement = test::judge(*checks::make_turn_udp(), survey, {}, with_server(1, true));
  CHECK(judgement.facts()["servers"][0]["state"] == "asks-for-credentials");
}
