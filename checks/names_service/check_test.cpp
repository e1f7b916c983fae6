// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/names.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_names_service();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

Deployment deployment_at(Vantage vantage) {
  Deployment deployment;
  deployment.service_url = {"http://livekit:7880", {Origin::Kind::file, "controller.toml", 6, 15}};
  deployment.run.vantage = vantage;
  return deployment;
}

Judgement judged(net::NetError error, Vantage vantage) {
  probes::NameSurvey survey;
  survey.host = "livekit";
  survey.resolution.outcome = {net::Stage::resolve, error, "the name does not exist"};
  return test::judge(*checks::make_names_service(), Json(survey), {}, deployment_at(vantage));
}

}  // namespace

TEST_CASE("names_service: a name that only Docker knows is no fault from outside") {
  const Judgement judgement = judged(net::NetError::name_not_found, Vantage::outside);
  CHECK(judgement.findings().empty());
  CHECK(judgement.skip_reason() ==
        "service_url http://livekit:7880 does not resolve here: a name that only the controller's network "
        "knows");
  CHECK(judgement.untested().size() == 1);
}

TEST_CASE("names_service: where the controller runs it is a failure") {
  const Judgement judgement = judged(net::NetError::name_not_found, Vantage::controller);
  REQUIRE(test::ids(judgement) == Ids{"controller-cannot-resolve-service-url"});
  CHECK(judgement.findings().front().title ==
        "The controller cannot resolve the host of service_url, livekit (the name does not exist).");
  const Judgement resolver = judged(net::NetError::name_server_failed, Vantage::controller);
  REQUIRE(test::ids(resolver) == Ids{"resolver-broken"});
  CHECK(resolver.findings().front().severity == Severity::failure);
}

TEST_CASE("names_service: an address is collected and published") {
  Deployment deployment = deployment_at(Vantage::controller);
  deployment.service_url.value = "http://127.0.0.1:7880";
  test::TestProbe probe(deployment);
  const Json survey = test::collect(*checks::make_names_service(), probe);
  CHECK(survey.at("numeric") == true);
  CHECK(probe.known.find(facts::service_addresses)->addresses == std::vector<std::string>{"127.0.0.1"});
  const Judgement judgement = test::judge(*checks::make_names_service(), survey, {}, deployment);
  CHECK(judgement.findings().empty());
}
