// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/names.hpp>

#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_names_public();
}

using namespace lkdoctor;
using Ids = std::vector<std::string>;

namespace {

Deployment deployment_with(const std::string& url, Vantage vantage = Vantage::outside) {
  Deployment deployment;
  deployment.public_url = {url, {Origin::Kind::file, "controller.toml", 5, 14}};
  deployment.run.vantage = vantage;
  deployment.run.audience = Audience::internet;
  return deployment;
}

probes::NameSurvey survey_of(std::vector<std::string> addresses) {
  probes::NameSurvey survey;
  survey.host = "livekit.uni.example";
  survey.resolution.addresses = std::move(addresses);
  return survey;
}

probes::NameSurvey failed_survey(net::NetError error, std::string text, std::string server_said) {
  probes::NameSurvey survey = survey_of({});
  survey.resolution.outcome = {net::Stage::resolve, error, std::move(text)};
  survey.servers.push_back({"10.0.0.53", {}});
  survey.servers.back().resolution.outcome = {net::Stage::resolve, error, std::move(server_said)};
  return survey;
}

Judgement judged(const probes::NameSurvey& survey, const Deployment& deployment) {
  return test::judge(*checks::make_names_public(), Json(survey), {}, deployment);
}
Judgement judged(const probes::NameSurvey& survey) {
  return judged(survey, deployment_with("wss://livekit.uni.example"));
}

}  // namespace

TEST_CASE("names_public: a name with global addresses of both families is healthy") {
  const Judgement judgement = judged(survey_of({"198.51.100.23", "2001:db8::1"}));
  CHECK(judgement.findings().empty());
  CHECK_FALSE(judgement.unknown_reason());
  CHECK(judgement.facts().at("addresses") == Json{"198.51.100.23", "2001:db8::1"});
}

TEST_CASE("names_public: NXDOMAIN is the record's fault and names who said it") {
  const Judgement judgement =
      judged(failed_survey(net::NetError::name_not_found, "the name does not exist", "NXDOMAIN"));
  REQUIRE(test::ids(judgement) == Ids{"dns-missing"});
  const Finding& finding = judgement.findings().front();
  CHECK(finding.title == "livekit.uni.example does not resolve (NXDOMAIN at 10.0.0.53).");
  CHECK(finding.severity == Severity::failure);
  CHECK(finding.subject == "wss://livekit.uni.example");
  CHECK(text(*finding.origin) == "controller.toml:5:14");
}

TEST_CASE("names_public: a resolver that fails is this machine's trouble, and nothing is known of the name") {
  for (const auto error : {net::NetError::name_server_failed, net::NetError::timed_out}) {
    const Judgement judgement = judged(failed_survey(error, "no name server answered", "no answer in time"));
    REQUIRE(test::ids(judgement) == Ids{"resolver-broken"});
    CHECK(judgement.findings().front().severity == Severity::warning);
    CHECK(judgement.findings().front().title ==
          "The name servers of this machine do not answer for livekit.uni.example (no answer in time at "
          "10.0.0.53).");
    CHECK(judgement.unknown_reason());
  }
}

TEST_CASE("names_public: a private address is a failure for the internet, seen from outside alone") {
  const Judgement only = judged(survey_of({"10.1.2.3"}));
  REQUIRE(test::ids(only) == Ids{"dns-private-address"});
  CHECK(only.findings().front().severity == Severity::failure);
  CHECK(only.findings().front().title ==
        "livekit.uni.example resolves to 10.1.2.3, which nobody on the internet can reach.");
  const Judgement mixed = judged(survey_of({"198.51.100.23", "fd00::1"}));
  REQUIRE(test::ids(mixed) == Ids{"dns-private-address"});
  CHECK(mixed.findings().front().severity == Severity::warning);
  const Deployment inside = deployment_with("wss://livekit.uni.example", Vantage::inside);
  const Judgement there = judged(survey_of({"10.1.2.3"}), inside);
  CHECK(there.findings().empty());
  CHECK(there.untested().size() == 1);
  Deployment lan = deployment_with("wss://livekit.uni.example");
  lan.run.audience = Audience::lan;
  CHECK(judged(survey_of({"10.1.2.3"}), lan).findings().empty());
}

TEST_CASE("names_public: a name without IPv4 is a warning, a pinned or numeric one is not judged") {
  CHECK(test::ids(judged(survey_of({"2001:db8::1"}))) == Ids{"dns-only-ipv6"});
  probes::NameSurvey pinned = survey_of({"10.1.2.3"});
  pinned.pinned = true;
  CHECK(judged(pinned).findings().empty());
}

TEST_CASE("names_public: an internationalised name is shown in both forms") {
  probes::NameSurvey survey = failed_survey(net::NetError::name_not_found, "x", "NXDOMAIN");
  survey.host = "livekit.xn--mnchen-3ya.example";
  CHECK(judged(survey).findings().front().title ==
        "livekit.xn--mnchen-3ya.example (livekit.m\xc3\xbcnchen.example) does not resolve (NXDOMAIN at "
        "10.0.0.53).");
}

TEST_CASE("names_public: without a URL there is nothing to do") {
  const auto check = checks::make_names_public();
  CHECK(check->skip_reason(Deployment{}) == "no public_url is known");
  CHECK(check->skip_reason(deployment_with("livekit:7880")) ==
        "public_url is not a URL with http, https, ws or wss");
}

TEST_CASE("names_public: pinned addresses, numeric hosts and localhost are collected and published") {
  const auto check = checks::make_names_public();
  Deployment pinned = deployment_with("wss://livekit.uni.example/livekit");
  pinned.run.pinned.push_back({"livekit.uni.example", 443, "198.51.100.23"});
  test::TestProbe first(pinned);
  CHECK(test::collect(*check, first).at("pinned") == true);
  const auto where = first.known.find(facts::public_addresses);
  REQUIRE(where);
  CHECK(where->addresses == std::vector<std::string>{"198.51.100.23"});
  CHECK(where->port == 443);
  CHECK(where->path == "/livekit");
  CHECK(where->tls);
  test::TestProbe second(deployment_with("http://localhost:7880"));
  test::collect(*check, second);
  CHECK(second.known.has("public_addresses"));
}
