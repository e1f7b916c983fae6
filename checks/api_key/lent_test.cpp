// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/key_questions.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_api_key();
}

using namespace lkdoctor;

namespace {

/// A run whose token is a responder's, refused at public_url.
Judgement judged(const std::string& body, bool carried, std::optional<facts::Topology> topology) {
  Deployment deployment;
  deployment.token.origin = {Origin::Kind::discovered, "a responder", 0, 0};
  CarriedSession& session = deployment.run.carried.emplace();
  session.reached = session.carries = session.replaces_token = true;
  probes::KeyObservation observation;
  observation.by_token = true;
  observation.token_past_s = 3600;
  probes::KeySide& side = observation.sides.emplace_back();
  side.side = probes::Side::public_url;
  side.url = "https://livekit.example";
  side.answers = {test::by_livekit("good", 401, body)};
  Facts facts;
  facts::JoinResponse joined;
  joined.through = "responder";
  if (carried) facts.set(facts::join_response, joined);
  if (topology) facts.set(facts::signalling_topology, *topology);
  return test::judge(*checks::make_api_key(), observation, facts, deployment);
}

}  // namespace

TEST_CASE("api_key: a token that a responder lent blames nobody, and a join through it is proof enough") {
  const Judgement judgement = judged("nothing that is known", true, facts::Topology::controller_proxy);
  CHECK(test::ids(judgement).empty());
  CHECK_FALSE(judgement.unknown_reason());
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "the controller's key pair");
  CHECK(judgement.untested().front().reason == "LiveKit was joined with a token that the responder made");
}

TEST_CASE("api_key: a LiveKit that does not know the lent token is another one") {
  const Judgement judgement = judged("invalid API key: controller", true, facts::Topology::direct);
  CHECK(test::ids(judgement).empty());
  CHECK(judgement.unknown_reason() ==
        "LiveKit at https://livekit.example refuses the token of the responder's: LiveKit does not know the "
        "key "
        "that signed it; another LiveKit than the responder's may answer there");
}

TEST_CASE("api_key: where no join came about LiveKit's file may be another, too") {
  CHECK(judged("invalid API key: controller", false, facts::Topology::direct).unknown_reason() ==
        "LiveKit at https://livekit.example refuses the token of the responder's: LiveKit does not know the "
        "key that signed it; another LiveKit than the responder's may answer there, or LiveKit does not run "
        "with the file that the responder read");
}

TEST_CASE("api_key: without a join and without an answer a lent token proves nothing") {
  CHECK(judged("nothing that is known", false, std::nullopt).unknown_reason());
}
