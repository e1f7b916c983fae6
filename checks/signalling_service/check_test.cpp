// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/signalling.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_service();
}

using namespace lkdoctor;

namespace {

Judgement judge(std::vector<probes::Asked> answers, Vantage vantage, const Facts& facts = {}) {
  Deployment deployment;
  deployment.service_url = {"http://livekit:7880", {Origin::Kind::flag, "--service-url", 0, 0}};
  deployment.run.vantage = vantage;
  probes::SignallingSurvey survey;
  survey.where = {"http://livekit:7880", "livekit", 7880, false, "", {"10.0.0.7"}};
  survey.addresses.resize(1);
  survey.addresses[0] = {"10.0.0.7", std::move(answers)};
  return test::judge(*checks::make_signalling_service(), survey, facts, deployment);
}

}  // namespace

TEST_CASE("signalling_service asks /rtc alone") {
  const std::string refusal = "permissions denied";
  const Judgement healthy =
      judge({test::by_livekit("ws", 401, refusal), test::by_livekit("validate", 401, refusal)},
            Vantage::controller);
  CHECK(test::ids(healthy).empty());
  const Judgement stripped = judge(
      {test::by_livekit("ws", 404, ""), test::by_livekit("validate", 401, refusal)}, Vantage::controller);
  CHECK(test::ids(stripped) == std::vector<std::string>{"ws-upgrade-stripped"});
}

TEST_CASE("signalling_service out of reach is no matter outside and unknown at the controller") {
  const auto silent = test::unanswered("ws", net::Stage::connect, net::NetError::refused);
  CHECK(judge({silent, silent}, Vantage::outside).skip_reason());
  CHECK(judge({silent, silent}, Vantage::controller).unknown_reason());
}

TEST_CASE(
    "signalling_service at the controller is for a recorder alone where browsers reach LiveKit straight") {
  Facts facts;
  facts.set(facts::signalling_topology, facts::Topology::direct);
  const Judgement judgement =
      judge({test::by_livekit("ws", 404, ""), test::by_livekit("validate", 401, "permissions denied")},
            Vantage::controller, facts);
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"ws-upgrade-stripped"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().title ==
        "The proxy drops the WebSocket upgrade on /rtc of http://livekit:7880: LiveKit sees an ordinary "
        "request "
        "and answers 404 without a body. What joins by service_url cannot, as a recorder or SIP.");
}

TEST_CASE("signalling_service: an Authorization of the proxy's own is told of who comes by service_url") {
  const std::string words = "invalid authorization header. Must start with Bearer ";
  const std::string begin =
      "The proxy of http://livekit:7880 puts an Authorization header of its own on what it passes to "
      "LiveKit: "
      "a request without any token is refused for a bad one. LiveKit reads that header first, so that ";
  const auto found = [&](const Facts& facts) {
    const Judgement judgement =
        judge({test::by_livekit("ws", 401, words), test::by_livekit("validate", 401, words)},
              Vantage::controller, facts);
    REQUIRE(test::ids(judgement) == std::vector<std::string>{"proxy-strips-authorization"});
    return judgement.findings().front();
  };
  Facts facts;
  facts.set(facts::signalling_topology, facts::Topology::direct);
  const Finding calls = found(facts);
  CHECK(calls.severity == Severity::failure);
  CHECK(calls.title ==
        begin + "no token counts that comes by service_url, neither the controller's nor a recorder's.");
  REQUIRE(calls.origin);
  CHECK(calls.origin->name == "--service-url");
  facts.set(facts::key_verdict, {facts::KeyState::accepted, facts::KeyState::accepted, std::nullopt});
  const Finding sessions = found(facts);
  CHECK(sessions.severity == Severity::warning);
  CHECK(sessions.title ==
        begin + "the token of what joins by service_url never counts, as a recorder or SIP.");
  facts.set(facts::signalling_topology, facts::Topology::controller_proxy);
  CHECK(found(facts).title == begin + "the token of a browser never counts. Nobody can join.");
}
