// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_proxy_service();
}

using namespace lkdoctor;

namespace {

Judgement judge(const std::string& variable, bool exempt, std::vector<probes::Asked> through,
                bool has_credentials = false) {
  Deployment deployment;
  deployment.service_url = {"http://livekit:7880", {Origin::Kind::file, "controller.toml", 13, 15}};
  Json observation;
  observation["where"] = facts::UrlAddresses{"http://livekit:7880", "livekit", 7880, false, "", {"10.0.0.7"}};
  observation["variable"] = variable;
  observation["proxy"] = "http://proxy.uni.example:3128";
  observation["exempt"] = exempt;
  observation["has_credentials"] = has_credentials;
  observation["through"] = through;
  return test::judge(*checks::make_proxy_service(), observation, {}, deployment);
}

}  // namespace

TEST_CASE("proxy_service is content without a proxy and with an exempt host") {
  CHECK(test::ids(judge("", false, {})).empty());
  CHECK(test::ids(judge("HTTP_PROXY", true, {})).empty());
}

TEST_CASE("proxy_service: a proxy that reaches LiveKit is a warning, one that does not a failure") {
  Judgement judgement = judge("HTTP_PROXY", false, {test::by_livekit("twirp", 404, test::kBadRoute)});
  CHECK(test::ids(judgement) == std::vector<std::string>{"service-url-through-proxy"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  judgement = judge("HTTP_PROXY", false, {test::answered("twirp", 503, "<html>squid</html>")});
  CHECK(judgement.findings().front().severity == Severity::failure);
  CHECK(judgement.findings().front().title ==
        "The controller's environment sends service_url http://livekit:7880 through a forward proxy "
        "(HTTP_PROXY), "
        "which does not reach LiveKit (HTTP 503).");
}

TEST_CASE("proxy_service: a proxy that wants a password is not asked, and no failure") {
  const Judgement judgement = judge("HTTP_PROXY", false, {}, true);
  REQUIRE(test::ids(judgement) == std::vector<std::string>{"service-url-through-proxy"});
  CHECK(judgement.findings().front().severity == Severity::warning);
  CHECK(judgement.findings().front().confidence == Confidence::likely);
  CHECK(judgement.findings().front().title ==
        "The controller's environment sends service_url http://livekit:7880 through a forward proxy "
        "(HTTP_PROXY), "
        "which wants a password; whether it reaches LiveKit was not tried.");
}
