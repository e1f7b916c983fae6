// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

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
