// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/join.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_join();
}

using namespace lkdoctor;
using probes::JoinAttempt;
using probes::Side;

namespace {

constexpr const char* kPublic = "https://controller.example/livekit";

Deployment carried_beside(std::string public_url) {
  Deployment deployment;
  if (!public_url.empty()) deployment.public_url = {public_url, {Origin::Kind::flag, "TARGET", 0, 0}};
  CarriedSession& carried = deployment.run.carried.emplace();
  carried.url = {"responder 198.51.100.23:17881", {Origin::Kind::flag, "--responder", 0, 0}};
  carried.reached = carried.carries = true;
  carried.address = "198.51.100.23";
  carried.port = 17881;
  return deployment;
}

JoinAttempt at(Side side, int status) {
  JoinAttempt attempt;
  attempt.side = side;
  attempt.url = side == Side::responder ? "responder 198.51.100.23:17881" : kPublic;
  attempt.address = "198.51.100.23";
  attempt.upgrade = test::answered("join", status, "");
  if (status == 101) attempt.first_message = "join";
  return attempt;
}

Judgement judged(std::vector<JoinAttempt> attempts, const std::string& public_url,
                 std::optional<facts::Topology> topology) {
  Facts facts;
  if (topology) facts.set(facts::signalling_topology, *topology);
  const probes::JoinObservation observation{std::move(attempts), std::nullopt};
  return test::judge(*checks::make_signalling_join(), observation, facts, carried_beside(public_url));
}

}  // namespace

TEST_CASE(
    "signalling_join: past OpenTalk's proxy LiveKit is joined through a responder, and people's way is not "
    "proven") {
  const Judgement judgement = judged({at(Side::public_url, 403), at(Side::responder, 101)}, kPublic,
                                     facts::Topology::controller_proxy);
  CHECK(test::ids(judgement).empty());
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("through") == "responder");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what ==
        "people's own way in through https://controller.example/livekit");
  CHECK(judgement.untested().front().reason ==
        "LiveKit itself was joined through the responder; OpenTalk's proxy lets in only who is in a meeting");
}

TEST_CASE("signalling_join: with a responder alone there is no public_url to speak of") {
  const Judgement judgement = judged({at(Side::responder, 101)}, "", std::nullopt);
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == "people's own way in");
  CHECK(judgement.untested().front().reason ==
        "LiveKit itself was joined through the responder; no address of public_url is known");
}

TEST_CASE("signalling_join: what the relay refuses is told, and blames no URL") {
  CHECK(judged({at(Side::responder, 502)}, "", std::nullopt).unknown_reason() ==
        "responder 198.51.100.23:17881 cannot reach LiveKit's signalling port on its host: LiveKit does not "
        "run there, or listens elsewhere");
  CHECK(judged({at(Side::responder, 403)}, "", std::nullopt).unknown_reason() ==
        "no join through responder 198.51.100.23:17881: HTTP 403");
  JoinAttempt silent = at(Side::responder, 101);
  silent.first_message = "none";
  const Judgement judgement = judged({silent}, "", std::nullopt);
  CHECK(judgement.unknown_reason() ==
        "no join through responder 198.51.100.23:17881: LiveKit's first message does not come");
  CHECK(test::ids(judgement).empty());
}
