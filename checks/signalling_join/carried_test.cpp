// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/key_verdict.hpp>
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
  carried.signalling_port = 7880;
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

namespace {

JoinAttempt refused_by_relay(const std::string& livekit) {
  JoinAttempt attempt = at(Side::responder, 502);
  attempt.upgrade.answer.body = Json({{"error", "no"}, {"livekit", livekit}}).dump();
  return attempt;
}

JoinAttempt refused_by_livekit(const std::string& body) {
  JoinAttempt attempt = at(Side::responder, 401);
  attempt.upgrade = test::by_livekit("join", 401, body);
  return attempt;
}

}  // namespace

TEST_CASE("signalling_join: a LiveKit that a responder on its host does not find does not run") {
  const Judgement judgement = judged({refused_by_relay("absent")}, "", std::nullopt);
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"livekit-not-running"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title ==
        "Nothing listens on port 7880 of the LiveKit host: the responder, on that host, was refused.");
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.confidence == Confidence::proven);
  const auto said = std::ranges::find(finding.evidence, "responder_says", &Evidence::key);
  REQUIRE(said != finding.evidence.end());
  CHECK(said->value == "no");
  CHECK_FALSE(judgement.unknown_reason());
}

TEST_CASE("signalling_join: where LiveKit answers at public_url the responder stands on another host") {
  Facts facts;
  facts::HttpIdentity identity;
  identity.answerer = facts::Answerer::livekit;
  facts.set(facts::public_identity, identity);
  const probes::JoinObservation observation{{at(Side::public_url, 401), refused_by_relay("absent")},
                                            std::nullopt};
  const Judgement judgement =
      test::judge(*checks::make_signalling_join(), observation, facts, carried_beside(kPublic));
  CHECK(test::ids(judgement).empty());
  CHECK(judgement.unknown_reason() ==
        "no join at https://controller.example/livekit: HTTP 401; nothing listens on port 7880 beside "
        "responder 198.51.100.23:17881, and LiveKit answers at https://controller.example/livekit: the "
        "responder stands on another host than LiveKit");
}

TEST_CASE("signalling_join: what else keeps a relay from LiveKit is told, and blames no URL") {
  const auto reason = [](const JoinAttempt& attempt) {
    const Judgement judgement = judged({attempt}, "", std::nullopt);
    CHECK(test::ids(judgement).empty());
    return judgement.unknown_reason().value_or("");
  };
  const std::string lead =
      "responder 198.51.100.23:17881 cannot reach LiveKit's signalling port on its host: ";
  CHECK(
      reason(refused_by_relay("elsewhere")) ==
      lead +
          "it is refused where LiveKit's file puts it, and a LiveKit runs there all the same: in a container "
          "that the responder stands beside, or with another file");
  CHECK(reason(refused_by_relay("silent")) == lead + "it does not answer");
  const std::string either = lead + "LiveKit does not run there, or listens elsewhere";
  CHECK(reason(refused_by_relay("what a later responder says")) == either);
  CHECK(reason(at(Side::responder, 502)) == either);
  CHECK(reason(at(Side::responder, 403)) == "no join through responder 198.51.100.23:17881: HTTP 403");
  JoinAttempt silent = at(Side::responder, 101);
  silent.first_message = "none";
  CHECK(reason(silent) ==
        "no join through responder 198.51.100.23:17881: LiveKit's first message does not come");
}

TEST_CASE("signalling_join: a LiveKit that refuses the key pair of its own file runs with another one") {
  const std::string signature = "invalid token: go-jose/go-jose: error in cryptographic primitive";
  const Judgement secret = judged({refused_by_livekit(signature)}, "", std::nullopt);
  REQUIRE(test::ids(secret) == std::vector<std::string>{"api-secret-mismatch"});
  CHECK(secret.findings().front().severity == Severity::failure);
  CHECK(secret.findings().front().title ==
        "LiveKit has another secret for the API key than the file that the responder on its host read: it "
        "runs with another one.");
  const Judgement key = judged({refused_by_livekit("invalid API key: controller")}, "", std::nullopt);
  REQUIRE(test::ids(key) == std::vector<std::string>{"api-key-unknown"});
  CHECK(key.findings().front().title ==
        "LiveKit does not know the API key of the file that the responder on its host read: it runs with "
        "another one.");
  CHECK(key.findings().front().remedy.text ==
        "Restart LiveKit if that file is the one it is meant to run with, else name the right one to "
        "lkdoctor respond --livekit; then write the same key and secret into the controller's "
        "configuration");
}

TEST_CASE("signalling_join: what the responder read is a warning where LiveKit takes this run's own pair") {
  Facts facts;
  facts.set(facts::key_verdict, {facts::KeyState::not_asked, facts::KeyState::accepted, std::nullopt});
  const probes::JoinObservation observation{{refused_by_livekit("invalid API key: controller")},
                                            std::nullopt};
  const Judgement judgement =
      test::judge(*checks::make_signalling_join(), observation, facts, carried_beside(kPublic));
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"api-key-unknown"});
  CHECK(judgement.findings().front().severity == Severity::warning);
}
