// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/http_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::http_public;
using test::by_livekit;

namespace {

/// What a run sees that spares LiveKit its refusals.
probes::AddressSurvey spared() {
  probes::AddressSurvey survey = healthy();
  std::erase_if(survey.answers,
                [](const probes::Asked& asked) { return asked.name.starts_with("validate"); });
  survey.answers.push_back(by_livekit("rtc_v1", 404, ""));
  return survey;
}

}  // namespace

TEST_CASE("http_public is content with a LiveKit that was not asked for a refusal") {
  const Judgement judgement = Fixture().judge({spared()});
  CHECK(test::ids(judgement) == Ids{});
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("answerer") == "livekit");
  CHECK(judgement.facts().at("ready") == true);
  CHECK(judgement.facts().at("rtc_v1") == true);
}

TEST_CASE("http_public tells an old LiveKit without its refusal, too") {
  auto survey = spared();
  named(survey, "rtc_v1") = by_livekit("rtc_v1", 404, "404 page not found\n");
  const Judgement judgement = Fixture().judge({survey});
  CHECK(test::ids(judgement) == Ids{"client-newer-than-server"});
  CHECK(judgement.facts().at("rtc_v1") == false);
}

TEST_CASE("http_public sees a doubled CORS header at the path of the upgrade, too") {
  auto survey = spared();
  named(survey, "rtc").answer.headers.emplace_back("access-control-allow-origin", "*");
  CHECK(Fixture().ids(survey) == Ids{});
  named(survey, "rtc").answer.headers.emplace_back("access-control-allow-origin", "*");
  CHECK(Fixture().ids(survey) == Ids{"cors-headers-duplicated"});
}

TEST_CASE("http_public: LiveKit that is not ready is so without its refusals") {
  auto survey = spared();
  named(survey, "health") = by_livekit("health", 406, "Not Ready\nNode Updated At x");
  survey.after_pause = {by_livekit("health", 406, "Not Ready\nNode Updated At x")};
  CHECK(Fixture().ids(survey) == Ids{"not-ready-406"});
}
