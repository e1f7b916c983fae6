// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/signalling_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::signalling_public;
using test::by_livekit;

TEST_CASE("signalling_public is content with two refusals, of which one has all that a browser sends") {
  probes::UpgradeSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {by_livekit("ws", 401, kRefusal), by_livekit("ws_v1", 401, "invalid authorization token"),
                    by_livekit("line_6000", 401, "invalid authorization token")};
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{});
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("answering_addresses") == 1);
}

TEST_CASE("signalling_public: an address that did not answer was not asked any more, and is not judged") {
  probes::UpgradeSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {test::unanswered("ws", net::Stage::connect, net::NetError::refused),
                    test::unanswered("ws_v1", net::Stage::connect, net::NetError::refused)};
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "the upgrade at 198.51.100.23 ended: refused at stage connect");
}
