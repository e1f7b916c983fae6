// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/test_call.hpp>
#include <lkdoctor/findings.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_config_livekit();
}

using namespace lkdoctor;

TEST_CASE("config_livekit raises what the reader found and gives the effective settings") {
  Deployment deployment;
  deployment.livekit.emplace();
  deployment.livekit->accepted = false;
  deployment.livekit->reason = "one of key-file or keys must be provided";
  deployment.livekit->version = "1.13.5";
  deployment.livekit->effective = {{"port", 7880}};
  deployment.livekit->findings.emplace_back(findings::config_unknown_field, "livekit.yaml");
  const Judgement judgement = test::judge(*checks::make_config_livekit(), Json::object(), {}, deployment);
  CHECK(test::ids(judgement) == std::vector<std::string>{"config-unknown-field"});
  CHECK(judgement.facts() == OrderedJson({{"accepted", false},
                                          {"version", "1.13.5"},
                                          {"reason", "one of key-file or keys must be provided"},
                                          {"effective", {{"port", 7880}}}}));
}

TEST_CASE("config_livekit says that it cannot know where something outside decides") {
  Deployment deployment;
  deployment.livekit.emplace();
  deployment.livekit->reason = "depends on STUN";
  const Judgement judgement = test::judge(*checks::make_config_livekit(), Json::object(), {}, deployment);
  CHECK(judgement.facts().at("accepted").is_null());
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().reason == "depends on STUN");
  CHECK(judgement.unknown_reason() == "LiveKit's keys are not known here: it depends on STUN");
  deployment.livekit->keys = {{"controller", {}, {}}};
  CHECK_FALSE(test::judge(*checks::make_config_livekit(), Json::object(), {}, deployment).unknown_reason());
}

TEST_CASE("config_livekit is skipped without a LiveKit configuration") {
  CHECK(checks::make_config_livekit()->skip_reason(Deployment{}) ==
        "no LiveKit configuration file was given");
}

TEST_CASE("what the running LiveKit shows not to have would hold from its next start") {
  Deployment deployment;
  LiveKitSettings& livekit = deployment.livekit.emplace();
  livekit.accepted = true;
  livekit.findings.emplace_back(findings::opus_not_enabled, "livekit.yaml");
  livekit.findings.emplace_back(findings::max_participants_too_low, "livekit.yaml");
  const auto judged = [&](facts::TestCall call) {
    Facts facts;
    facts.set(facts::test_call, call);
    return test::judge(*checks::make_config_livekit(), Json::object(), facts, deployment);
  };
  using Ids = std::vector<std::string>;
  CHECK(test::ids(judged({1, false})) == Ids{"opus-not-enabled", "max-participants-too-low"});
  CHECK(test::ids(judged({2, false})) == Ids{"opus-not-enabled", "running-config-differs-from-file"});
  const Judgement both = judged({2, true});
  REQUIRE(test::ids(both) == Ids{"running-config-differs-from-file"});
  const Finding& finding = both.findings().front();
  CHECK(finding.severity == Severity::warning);
  CHECK(
      finding.title ==
      "LiveKit does not run with this room.enabled_codecs and room.max_participants: in this run's test call "
      "two participants met and the audio came back. It would hold from the next start");
}
