// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/round_trip.hpp>
#include <lkdoctor/probes/http_survey.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_http_public();
}

using namespace lkdoctor;
using test::answered;
using test::by_livekit;

namespace {

using Ids = std::vector<std::string>;

probes::Asked limited(const std::string& name, int status = 429) {
  const std::string page = status == 429 ? "429 Too Many Requests" : "503 Service Temporarily Unavailable";
  return answered(name, status, "<html><h1>" + page + "</h1><center>nginx</center></html>",
                  {{"server", "nginx/1.22.1"}, {"retry-after", "30"}});
}

probes::AddressSurvey healthy() {
  probes::AddressSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {by_livekit("health", 200, "OK"),
                    by_livekit("twirp", 404, test::kBadRoute),
                    by_livekit("validate", 401, "no permissions to access the room"),
                    by_livekit("rtc", 404, ""),
                    by_livekit("validate_v1", 401, "no permissions to access the room"),
                    by_livekit("debug", 404, "404 page not found\n")};
  survey.again = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, test::kBadRoute)};
  return survey;
}

/// The first `passed` requests reach LiveKit, a limit refuses the others.
probes::AddressSurvey limited_after(std::size_t passed, int status = 429) {
  probes::AddressSurvey survey = healthy();
  for (std::size_t i = passed; i < survey.answers.size(); ++i)
    survey.answers[i] = limited(survey.answers[i].name, status);
  for (auto& asked : survey.again) asked = limited(asked.name, status);
  return survey;
}

Judgement judge(const probes::AddressSurvey& address, const Facts& facts = {}) {
  Deployment deployment;
  deployment.public_url = {"https://livekit.example", {Origin::Kind::file, "controller.toml", 12, 14}};
  deployment.run.vantage = Vantage::outside;
  probes::HttpSurvey survey;
  survey.where = {"https://livekit.example", "livekit.example", 443, true, "", {address.address}};
  survey.addresses = {address};
  return test::judge(*checks::make_http_public(), survey, facts, deployment);
}

Facts joined() {
  Facts facts;
  facts::JoinResponse join;
  join.through = "public_url";
  facts.set(facts::join_response, join);
  return facts;
}

}  // namespace

TEST_CASE("http_public: a limit that lets the first request through does not make another backend") {
  const Judgement judgement = judge(limited_after(1));
  REQUIRE(test::ids(judgement) == Ids{"rate-limited"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title ==
        "At https://livekit.example nginx refuses 7 of 8 requests of one check with 429, to be tried again "
        "after 30 s: a limit on requests or connections, which this run's own burst may have met.");
  CHECK(finding.severity == Severity::warning);
  CHECK(finding.confidence == Confidence::proven);
  CHECK(judgement.unknown_reason() ==
        "a limit refused the requests that show LiveKit at https://livekit.example");
}

TEST_CASE("http_public: a limit below one path beside LiveKit's own answers") {
  probes::AddressSurvey survey = healthy();
  survey.answers[1] = limited("twirp");
  survey.again[1] = limited("twirp");
  const Judgement judgement = judge(survey);
  CHECK(test::ids(judgement) == Ids{"rate-limited"});
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("answerer") == "livekit");
}

TEST_CASE("http_public: 503 beside LiveKit's own answers does not say that it cannot be reached") {
  const Judgement here = judge(limited_after(2, 503));
  CHECK(test::ids(here) == Ids{"rate-limited"});
  CHECK(here.findings().front().confidence == Confidence::likely);
  CHECK(test::ids(judge(limited_after(0, 503), joined())) == Ids{"rate-limited"});
  CHECK(test::ids(judge(limited_after(0, 503))) == Ids{"proxy-auth-or-waf-intercepts"});
}

TEST_CASE("http_public: HAProxy's word for a backend that is gone is no limit") {
  probes::AddressSurvey survey = limited_after(0, 503);
  for (auto* list : {&survey.answers, &survey.again}) {
    for (auto& asked : *list)
      asked = answered(asked.name, 503, "<h1>503</h1>\nNo server is available to handle this request.");
  }
  CHECK(test::ids(judge(survey)) == Ids{"proxy-backend-down"});
}

TEST_CASE("http_public: silence after a connect that was answered is no closed port") {
  probes::AddressSurvey silent = healthy();
  silent.again.clear();
  for (auto& asked : silent.answers)
    asked = test::unanswered(asked.name, net::Stage::connect, net::NetError::timed_out);
  CHECK(test::ids(judge(silent)) == Ids{"endpoint-unreachable"});
  Facts facts;
  facts.set(facts::public_round_trip, facts::RoundTrip{Microseconds(2000)});
  const Judgement judgement = judge(silent, facts);
  REQUIRE(test::ids(judgement) == Ids{"banned-during-run"});
  CHECK(judgement.findings().front().title ==
        "https://livekit.example answered when this run began and then fell silent for this machine: a ban "
        "or a limit on connections, which this run itself may have met.");
  CHECK(judgement.unknown_reason() == "it fell silent (timed out at stage connect)");
}
