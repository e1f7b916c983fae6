// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/signalling_public.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::signalling_public;
using test::answered;
using test::by_livekit;

namespace {

const std::string kNginx404 = "<html><h1>404 Not Found</h1><center>nginx</center></html>";

}  // namespace

TEST_CASE("signalling_public is content when LiveKit itself refuses both upgrades") {
  CHECK(test::ids(judge(healthy())) == Ids{});
}

TEST_CASE("signalling_public: an empty 404 where validate works is a stripped upgrade") {
  auto survey = healthy();
  survey.answers[0] = by_livekit("ws", 404, "");
  survey.answers[2] = by_livekit("ws_v1", 404, "");
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"ws-upgrade-stripped"});
  CHECK(judgement.findings().front().title ==
        "The proxy drops the WebSocket upgrade on /rtc of https://livekit.example: LiveKit sees an ordinary "
        "request "
        "and answers 404 without a body. Nobody can join.");
}

TEST_CASE("signalling_public: what LiveKit says at / is no answer of /rtc") {
  auto survey = healthy();
  survey.answers[0] = by_livekit("ws", 200, "OK");
  survey.answers[1] = by_livekit("validate", 404, "404 page not found\n");
  survey.answers[2] = by_livekit("ws_v1", 404, "404 page not found\n");
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-path-mismatch"});
  CHECK(
      judgement.findings().front().title ==
      "/rtc of https://livekit.example arrives at LiveKit as /: the proxy strips the path. Nobody can join.");
}

TEST_CASE("signalling_public: a proxy that refuses the token in the query lets no browser join") {
  auto survey = healthy();
  survey.answers[3] = answered("line_6000", 403, "<html>403 Forbidden</html>", {{"server", "nginx"}});
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example lets short requests through to LiveKit, and answers one as "
        "browsers "
        "send it, with a token in a query of 6000 bytes, itself (HTTP 403).");
  survey.answers[3] = by_livekit("line_6000", 404, "404 page not found\n");  // before 1.9.10
  CHECK(test::ids(judge(survey)) == Ids{});
}

TEST_CASE("signalling_public: a proxy that drops the query drops the token of every browser") {
  auto survey = healthy();
  survey.answers[3] = by_livekit("line_6000", 404, "");
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-strips-authorization"});
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example drops the query of /rtc/v1: the token of every browser is in "
        "it, and "
        "LiveKit sees none. Nobody can join.");
}

TEST_CASE("signalling_public: a proxy that closes /rtc without a word, and passes the rest") {
  auto survey = healthy();
  for (const std::size_t at : {0UL, 1UL, 2UL}) {
    survey.answers[at] =
        test::unanswered(survey.answers[at].name, net::Stage::upgrade, net::NetError::closed);
  }
  CHECK(test::ids(judge(survey)) == Ids{"signalling-path-missing"});
  const Judgement nobody = judge(survey, facts::Answerer::nobody);
  CHECK(test::ids(nobody) == Ids{});
  CHECK(nobody.unknown_reason().has_value());
}

TEST_CASE("signalling_public: an empty 404 without LiveKit behind it is no stripped upgrade") {
  auto survey = healthy();
  for (auto& asked : survey.answers) asked = answered(asked.name, 404, "");
  const Judgement judgement = judge(survey, facts::Answerer::other);
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "LiveKit does not show at https://livekit.example (HTTP 404)");
}

TEST_CASE("signalling_public: /rtc/v1 answered by the proxy") {
  auto survey = healthy();
  survey.answers[2] = answered("ws_v1", 404, kNginx404, {{"server", "nginx"}});
  Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"rtc-v1-not-proxied"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  survey.answers[2] = answered("ws_v1", 405, "<html>no</html>", {{"server", "nginx"}});
  judgement = judge(survey);
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("signalling_public: an old LiveKit without /rtc/v1 is no fault of the proxy") {
  auto survey = healthy();
  survey.answers[2] = by_livekit("ws_v1", 404, "404 page not found\n");
  CHECK(test::ids(judge(survey)) == Ids{});
}

TEST_CASE("signalling_public: no signalling path at all, LiveKit's API shows") {
  auto survey = healthy();
  for (auto& asked : survey.answers) asked = answered(asked.name, 404, kNginx404, {{"server", "nginx"}});
  CHECK(test::ids(judge(survey)) == Ids{"signalling-path-missing"});
  survey.answers[2] = by_livekit("ws_v1", 401, kRefusal);
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"signalling-path-missing"});
  CHECK(judgement.findings().front().title ==
        "/rtc of https://livekit.example does not reach LiveKit (HTTP 404): clients without /rtc/v1 cannot "
        "join.");
}

TEST_CASE("signalling_public: a 403 on /rtc is a refusal and no missing path") {
  auto survey = healthy();
  const std::string page = "<html><h1>403 Forbidden</h1><center>nginx</center></html>";
  for (auto& asked : survey.answers) asked = answered(asked.name, 403, page, {{"server", "nginx"}});
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"proxy-auth-or-waf-intercepts"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.confidence == Confidence::likely);
  CHECK(finding.title ==
        "The rest of https://livekit.example reaches LiveKit, but the 403 of /rtc comes from nginx: a rule "
        "there refuses this machine, by its address, User-Agent, Origin or by the path. Nobody whom it "
        "refuses can join.");
  CHECK(finding.remedy.text ==
        "Let the participants' addresses, browsers and origins through to LiveKit, on every path; then check "
        "again from a participant's network, or with a browser");
  survey.answers[2] = by_livekit("ws_v1", 401, kRefusal);
  CHECK(judge(survey).findings().front().title ==
        "The rest of https://livekit.example reaches LiveKit, but the 403 of /rtc comes from nginx: a rule "
        "there refuses this machine, by its address, User-Agent, Origin or by the path. No client without "
        "/rtc/v1 whom it refuses can join.");
}

TEST_CASE("signalling_public: a dead upstream of /rtc alone") {
  auto survey = healthy();
  for (auto& asked : survey.answers)
    asked = answered(asked.name, 502, "<html><center>nginx</center></html>", {{"server", "nginx"}});
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"signalling-path-missing"});
  CHECK(judgement.findings().front().remedy.text ==
        "Correct the upstream of /rtc in the proxy: nothing answers there, while other paths of the URL "
        "reach LiveKit");
}

TEST_CASE("signalling_public: what closes the short request on /rtc/v1 too does not mind its length") {
  auto survey = healthy();
  survey.answers[2] = test::unanswered("ws_v1", net::Stage::upgrade, net::NetError::closed);
  survey.answers[3] = test::unanswered("line_6000", net::Stage::response, net::NetError::closed);
  survey.answers.push_back(test::unanswered("line_3000", net::Stage::response, net::NetError::closed));
  const Judgement judgement = judge(survey);
  REQUIRE(test::ids(judgement) == Ids{"rtc-v1-not-proxied"});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "The proxy of https://livekit.example passes /rtc on, and closes requests for /rtc/v1 without an "
        "answer: current web clients take this for final and do not join.");
}

TEST_CASE("signalling_public: request lines as long as web clients send them") {
  auto survey = healthy();
  survey.answers[3] =
      answered("line_6000", 414, "<html><center>nginx</center></html>", {{"server", "nginx"}});
  survey.answers.push_back(by_livekit("line_3000", 401, "invalid authorization token"));
  Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"request-line-limit-low"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  survey.answers.back() = test::unanswered("line_3000", net::Stage::response, net::NetError::reset);
  judgement = judge(survey);
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("signalling_public: 101 without a token is somebody else's") {
  auto survey = healthy();
  survey.answers[0] = answered("ws", 101, "");
  CHECK(test::ids(judge(survey)) == Ids{"session-start-stalls"});
}

TEST_CASE("signalling_public: refusals of OpenTalk's own proxy are healthy") {
  auto survey = healthy();
  for (auto& asked : survey.answers) asked = answered(asked.name, 403, "");
  const Judgement judgement = judge(survey, facts::Answerer::controller_proxy);
  CHECK(test::ids(judgement) == Ids{});
  CHECK_FALSE(judgement.unknown_reason());
  survey.answers[0] = answered("ws", 404, R"({"code":"not_found"})");
  CHECK(judge(survey, facts::Answerer::controller_proxy).unknown_reason());
}

TEST_CASE("signalling_public: nothing measured is unknown") {
  auto survey = healthy();
  for (auto& asked : survey.answers) {
    asked = test::unanswered(asked.name, net::Stage::connect, net::NetError::timed_out);
  }
  const Judgement judgement = judge(survey, facts::Answerer::nobody);
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.unknown_reason() == "the upgrade at 198.51.100.23 ended: timed out at stage connect");
}

TEST_CASE("signalling_public: a limit on the upgrade says nothing of the path") {
  const auto limited = [](const char* name) {
    return answered(name, 429, "<html><h1>429 Too Many Requests</h1><center>nginx</center></html>",
                    {{"server", "nginx"}});
  };
  auto survey = healthy();
  for (auto& asked : survey.answers) asked = limited(asked.name.c_str());
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"rate-limited"});
  CHECK(judgement.unknown_reason() == "a limit refused the upgrade at https://livekit.example (HTTP 429)");
  survey = healthy();
  survey.answers[2] = limited("ws_v1");
  CHECK(test::ids(judge(survey)) == Ids{"rate-limited"});
  CHECK_FALSE(judge(survey).unknown_reason());
}

TEST_CASE("signalling_public: silence where LiveKit has answered before") {
  auto survey = healthy();
  for (auto& asked : survey.answers)
    asked = test::unanswered(asked.name, net::Stage::connect, net::NetError::timed_out);
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"banned-during-run"});
  CHECK(judgement.unknown_reason() == "the upgrade at 198.51.100.23 ended: timed out at stage connect");
}
