// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_turn_udp();
}

using namespace lkdoctor;

TEST_CASE("a TURN server of others that may not be asked is not tested, and that is said") {
  const std::string url = "turn:relay.provider.example:3478?transport=udp";
  const Json survey{{"urls", {url}},
                    {"not_asked", {url}},
                    {"tries", Json::array()},
                    {"joined", Json::object()},
                    {"seen_at_s", 1'800'000'000}};
  Deployment deployment;
  deployment.run.third_party = ThirdParty::none;
  const Judgement judgement = test::judge(*checks::make_turn_udp(), survey, {}, deployment);
  CHECK(test::ids(judgement).empty());
  CHECK(judgement.skip_reason() == "--third-party none: the TURN servers are not of this deployment");
  REQUIRE(judgement.untested().size() == 1);
  CHECK(judgement.untested().front().what == url);
  CHECK(judgement.untested().front().reason == "--third-party none: it is no host of this deployment");
}
