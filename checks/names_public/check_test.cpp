// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/probes/names.hpp>

#include "support/connect_proxy.hpp"
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

TEST_CASE("names_public: what the forward proxy does wrong is its own, and nothing is said of the name") {
  const auto with_proxy = [](net::Stage stage, net::NetError error, bool always = false) {
    probes::NameSurvey survey = failed_survey(net::NetError::name_not_found, "x", "NXDOMAIN");
    survey.trial = {
        "http://proxy:3128", always ? "--proxy" : "HTTPS_PROXY", always, {stage, error, "forward proxy: x"}};
    return judged(survey);
  };
  using net::NetError;
  using net::Stage;
  const Judgement dead = with_proxy(Stage::proxy, NetError::refused, true);
  REQUIRE(test::ids(dead) == Ids{"forward-proxy-unreachable"});
  CHECK(dead.findings().front().subject == "http://proxy:3128");
  CHECK(dead.findings().front().title ==
        "The forward proxy http://proxy:3128 (--proxy) cannot be used (x). Whether LiveKit works is not "
        "known from here.");
  CHECK(test::ids(with_proxy(Stage::tunnel, NetError::timed_out)) == Ids{"forward-proxy-unreachable"});
  const Judgement denied = with_proxy(Stage::tunnel, NetError::denied);
  REQUIRE(test::ids(denied) == Ids{"forward-proxy-refuses"});
  CHECK(denied.findings().front().title ==
        "The forward proxy http://proxy:3128 (HTTPS_PROXY) does not open a tunnel to "
        "wss://livekit.uni.example. No "
        "address answers directly, so whether LiveKit works is not known from here.");
  CHECK(test::ids(with_proxy(Stage::tunnel, NetError::login_required)) == Ids{"forward-proxy-needs-login"});
  const Judgement beyond = with_proxy(Stage::tunnel, NetError::not_reached);
  REQUIRE(test::ids(beyond) == Ids{"forward-proxy-cannot-reach"});
  CHECK(beyond.findings().front().confidence == Confidence::likely);
}

TEST_CASE("names_public: a name that only the proxy knows is no fault, and the way is said") {
  probes::NameSurvey survey = failed_survey(net::NetError::name_not_found, "x", "NXDOMAIN");
  survey.trial = {"http://proxy:3128", "HTTPS_PROXY", false, {}};
  const Judgement judgement = judged(survey);
  CHECK(judgement.findings().empty());
  CHECK(judgement.facts().at("via_proxy") == "http://proxy:3128");
  REQUIRE(judgement.untested().size() == 2);
  CHECK(
      judgement.untested().front().reason ==
      "no address answers directly; HTTP and WebSocket were seen through the forward proxy http://proxy:3128 "
      "(HTTPS_PROXY)");
}

TEST_CASE("names_public: where the proxy cannot get there either, the direct way stands") {
  probes::NameSurvey survey = survey_of({"198.51.100.23"});
  survey.trial = {
      "http://proxy:3128", "HTTPS_PROXY", false, {net::Stage::tunnel, net::NetError::not_reached, "x"}};
  CHECK(judged(survey).findings().empty());
}

TEST_CASE("names_public: the environment's proxy is asked only where nothing answers directly") {
  test::Server origin([](test::Peer& peer) { peer.wait_for_end(); });
  test::ConnectProxy tunnel(origin.endpoint());
  const auto check = checks::make_names_public();
  const auto published = [&](const Endpoint& target, bool always, const std::string& proxy) {
    Deployment deployment = deployment_with("ws://livekit.uni.example:" + std::to_string(target.port));
    deployment.run.pinned.push_back({"livekit.uni.example", target.port, target.address});
    deployment.public_proxy = {proxy, "HTTP_PROXY", always};
    test::TestProbe probe(deployment);
    (void)test::collect(*check, probe);
    return probe.known.find(facts::public_addresses);
  };
  const Endpoint dead = test::closed_port();
  const auto direct = published(origin.endpoint(), false, tunnel.url());
  REQUIRE(direct);
  CHECK(direct->via_proxy.empty());
  CHECK(tunnel.asked().empty());
  const auto through = published(dead, false, tunnel.url());
  REQUIRE(through);
  CHECK(through->via_proxy == tunnel.url());
  CHECK(through->addresses == std::vector<std::string>{"livekit.uni.example"});
  CHECK(through->numeric() == std::vector<std::string>{"127.0.0.1"});
  CHECK(tunnel.asked().starts_with("CONNECT livekit.uni.example:"));
  CHECK(published(origin.endpoint(), true, tunnel.url())->via_proxy == tunnel.url());
  CHECK_FALSE(published(dead, false, "http://" + text(test::closed_port())));
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
