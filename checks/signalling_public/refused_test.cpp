// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/signalling_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::signalling_public;
using test::answered;
using test::by_livekit;

namespace {

/// nginx refuses what has an Origin.
probes::UpgradeSurvey minding_origin() {
  auto survey = healthy();
  survey.answers[2] = answered("ws_v1", 403, "<html>403 Forbidden</html>", {{"server", "nginx"}});
  survey.answers.push_back(answered("ws_v1_again", 403, "<html>403 Forbidden</html>", {{"server", "nginx"}}));
  survey.answers.push_back(by_livekit("ws_v1_plain", 401, kRefusal));
  return survey;
}

}  // namespace

TEST_CASE("signalling_public: LiveKit refuses a token where none was sent: the proxy sends its own") {
  auto survey = healthy();
  const std::string words = "invalid authorization header. Must start with Bearer ";
  for (auto& asked : survey.answers) asked = by_livekit(asked.name, 401, words);
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-strips-authorization"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example puts an Authorization header of its own on what it passes to "
        "LiveKit: a request without any token is refused for a bad one. LiveKit reads that header first, so "
        "that the token of a browser never counts. Nobody can join.");
}

TEST_CASE("signalling_public: an upgrade with an Origin is refused, and OpenTalk's page is known") {
  const auto survey = minding_origin();
  Deployment deployment;
  deployment.controller.emplace();
  deployment.controller->frontend_base_url = {"https://meet.example/", {Origin::Kind::file, "c.toml", 3, 1}};
  const Judgement known = judge(survey, facts::Answerer::livekit, deployment);
  REQUIRE(test::ids(known) == Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(known.findings().front().severity == Severity::failure);
  CHECK(known.findings().front().title ==
        "The proxy of https://livekit.example passes upgrades on, and refuses one with \"Origin: "
        "https://meet.example\" (HTTP 403). Every browser sends that with a WebSocket: nobody can join.");
}

TEST_CASE("signalling_public: an upgrade with an Origin is refused, and it may be the wrong one") {
  auto survey = minding_origin();
  const Judgement guessed = judge(survey);
  REQUIRE(test::ids(guessed) == Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(guessed.findings().front().severity == Severity::warning);
  CHECK(guessed.findings().front().title ==
        "The proxy of https://livekit.example passes upgrades on, and refuses one with \"Origin: "
        "https://livekit.example\" (HTTP 403). Every browser sends the origin of OpenTalk's page with a "
        "WebSocket; if the rule does not let that one through, nobody can join.");
  survey.answers.back() = by_livekit("ws_v1_plain", 404, "404 page not found\n");  // before 1.9.10
  CHECK(test::ids(judge(survey)) == Ids{"proxy-auth-or-waf-intercepts"});
  survey.answers[4] = by_livekit("ws_v1_again", 401, kRefusal);  // another server's answer
  CHECK(test::ids(judge(survey)) == Ids{});
  survey.answers.back() = survey.answers[2];
  survey.answers.back().name = "ws_v1_plain";
  CHECK(judge(survey).findings().front().title.starts_with(
      "The proxy of https://livekit.example passes /rtc on, and refuses /rtc/v1 with 403"));
}

TEST_CASE("signalling_public: /rtc/v1 refused by a rule, or behind it nothing, has its own remedy") {
  auto survey = healthy();
  survey.answers[2] = answered("ws_v1", 403, "<html>403 Forbidden</html>", {{"server", "nginx"}});
  Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example passes /rtc on, and refuses /rtc/v1 with 403: a rule there "
        "means the path, or join_request in its query. Current web clients take this for final and do not "
        "join.");
  survey.answers[2] = answered("ws_v1", 502, "<html>502 Bad Gateway</html>", {{"server", "nginx"}});
  judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"rtc-v1-not-proxied"});
  CHECK(judgement.findings().front().remedy.text ==
        "Correct the upstream of /rtc/v1 in the proxy: nothing answers there, and that of /rtc is the right "
        "one");
}
