// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/http_survey.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_http_service();
}

using namespace lkdoctor;
using test::answered;
using test::by_livekit;

namespace {

using Ids = std::vector<std::string>;

probes::AddressSurvey healthy() {
  probes::AddressSurvey survey;
  survey.address = "10.0.0.7";
  survey.answers = {by_livekit("health", 200, "OK"), by_livekit("twirp", 404, test::kBadRoute),
                    by_livekit("validate", 401, "no permissions to access the room"),
                    by_livekit("rtc", 404, ""), by_livekit("encoded", 404, test::kBadRoute)};
  return survey;
}

Judgement judge(const probes::AddressSurvey& address, Vantage vantage) {
  Deployment deployment;
  deployment.service_url = {"http://livekit:7880", {Origin::Kind::file, "controller.toml", 13, 15}};
  deployment.run.vantage = vantage;
  probes::HttpSurvey survey;
  survey.where = {"http://livekit:7880", "livekit", 7880, false, "", {address.address}};
  survey.addresses = {address};
  return test::judge(*checks::make_http_service(), survey, {}, deployment);
}

}  // namespace

TEST_CASE("http_service is content with LiveKit's answers in both spellings") {
  CHECK(test::ids(judge(healthy(), Vantage::controller)) == Ids{});
}

TEST_CASE("http_service: the API is not behind the URL") {
  auto survey = healthy();
  survey.answers[1] = answered("twirp", 404, "<html>nginx</html>", {{"server", "nginx"}});
  const Judgement judgement = judge(survey, Vantage::controller);
  CHECK(test::ids(judgement) == Ids{"twirp-not-proxied"});
  CHECK(judgement.findings().front().severity == Severity::failure);
}

TEST_CASE("http_service: percent-encoded slashes are refused on the way") {
  auto survey = healthy();
  survey.answers[4] = answered("encoded", 404, "<html>Apache</html>", {{"server", "Apache"}});
  CHECK(test::ids(judge(survey, Vantage::controller)) == Ids{"encoded-slash-refused"});
}

TEST_CASE("http_service: unreachable is a failure for the controller alone") {
  auto survey = healthy();
  for (auto& asked : survey.answers) {
    asked = test::unanswered(asked.name, net::Stage::connect, net::NetError::refused);
  }
  const Judgement at_controller = judge(survey, Vantage::controller);
  CHECK(test::ids(at_controller) == Ids{"service-url-unreachable"});
  CHECK(at_controller.findings().front().title ==
        "The controller cannot reach service_url http://livekit:7880 from here: refused at stage connect.");
  const Judgement outside = judge(survey, Vantage::outside);
  CHECK(test::ids(outside) == Ids{});
  CHECK(outside.skip_reason() == "service_url need not be reachable from here: refused at stage connect");
}

TEST_CASE("http_service: a 403 concerns the controller alone") {
  auto survey = healthy();
  for (auto& asked : survey.answers)
    asked = answered(asked.name, 403, "<html><h1>403 Forbidden</h1><center>nginx</center></html>");
  const Judgement at_controller = judge(survey, Vantage::controller);
  REQUIRE(test::ids(at_controller) == Ids{"proxy-auth-or-waf-intercepts"});
  CHECK(at_controller.findings().front().remedy.text ==
        "Let the controller and the recorder through to LiveKit, on every path; then check again on their "
        "hosts");
  const Judgement outside = judge(survey, Vantage::outside);
  CHECK(test::ids(outside) == Ids{});
  CHECK(outside.skip_reason() == "service_url need not let this machine in: HTTP 403");
  REQUIRE(outside.untested().size() == 1);
  CHECK(outside.untested().front().what == "service_url http://livekit:7880");
}
