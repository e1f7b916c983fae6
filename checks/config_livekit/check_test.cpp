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
  deployment.livekit->findings.emplace_back(findings::config_unknown_field, "livekit.yaml");
  const Judgement judgement = test::judge(*checks::make_config_livekit(), Json::object(), {}, deployment);
  CHECK(test::ids(judgement) == std::vector<std::string>{"config-unknown-field"});
  CHECK(judgement.facts().at("accepted") == false);
}
