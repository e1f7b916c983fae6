// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/findings.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_config_controller();
}

using namespace lkdoctor;

namespace {

using Ids = std::vector<std::string>;

Sourced<std::string> at(std::string value, int line) {
  return {std::move(value), {Origin::Kind::file, "controller.toml", line, 14}};
}

Deployment with_urls(std::string public_url, std::string service_url = "http://10.0.0.5:7880",
                     std::string page = "") {
  Deployment deployment;
  ControllerSettings& controller = deployment.controller.emplace();
  controller.accepted = true;
  controller.file = "controller.toml";
  controller.section = "livekit";
  controller.public_url = at(std::move(public_url), 4);
  controller.service_url = at(std::move(service_url), 5);
  controller.api_key = at("controller", 2);
  controller.api_secret = {traits_of(Secret("0123456789abcdef0123456789abcdef")),
                           {Origin::Kind::file, "controller.toml", 3, 14}};
  if (!page.empty()) controller.frontend_base_url = at(std::move(page), 1);
  return deployment;
}

Judgement judged(const Deployment& deployment, const Facts& facts = {}) {
  return test::judge(*checks::make_config_controller(), Json::object(), facts, deployment);
}

}  // namespace

TEST_CASE("config_controller gives its facts under the names of the contract") {
  const Judgement judgement = judged(with_urls("wss://livekit.uni.example"));
  CHECK(
      judgement.facts().dump() ==
      R"({"accepted":true,"reason":null,"file":"controller.toml","section":"livekit",)"
      R"("public_url":"wss://livekit.uni.example","service_url":"http://10.0.0.5:7880","api_key":"controller",)"
      R"("secret_length":32})");
  CHECK(test::ids(judgement) == Ids{});
}

TEST_CASE("config_controller passes on what the reader found") {
  Deployment deployment = with_urls("wss://livekit.uni.example");
  deployment.controller->accepted = false;
  deployment.controller->findings.emplace_back(findings::controller_config_invalid, "controller.toml");
  CHECK(test::ids(judged(deployment)) == Ids{"controller-config-invalid"});
}

TEST_CASE("a public_url without meaning for browsers is a failure") {
  for (const char* url : {"wss://livekit:7880", "wss://localhost:7880", "https://127.0.0.1", "wss://0.0.0.0",
                          "https://.uni.example", "wss://[::1]:7880"}) {
    CAPTURE(url);
    const Judgement judgement = judged(with_urls(url));
    REQUIRE(test::ids(judgement) == Ids{"public-url-handed-out-is-wrong"});
    CHECK(judgement.findings().front().severity == Severity::failure);
  }
  CHECK(judged(with_urls("wss://livekit:7880")).findings().front().title ==
        "public_url = \"wss://livekit:7880\" has a host name without a dot, which only machines of one "
        "network can "
        "resolve; the controller hands it to every browser unchecked.");
}

TEST_CASE("private hosts are right for a local audience and wrong for the internet") {
  for (const char* url : {"wss://10.0.0.5", "wss://livekit.lan", "wss://livekit.local"}) {
    CAPTURE(url);
    Deployment deployment = with_urls(url);
    CHECK(test::ids(judged(deployment)) == Ids{});
    deployment.run.audience = Audience::internet;
    CHECK(test::ids(judged(deployment)) == Ids{"public-url-handed-out-is-wrong"});
  }
  Deployment named = with_urls("wss://livekit");
  named.run.audience = Audience::lan;
  named.run.audience_declared = true;
  CHECK(test::ids(judged(named)) == Ids{});
}

TEST_CASE("a trial with everything on loopback is left alone") {
  CHECK(test::ids(judged(with_urls("ws://localhost:7880", "http://localhost:7880"))) == Ids{});
  CHECK(test::ids(judged(with_urls("ws://localhost:7880", "http://localhost:7880",
                                   "https://meet.uni.example"))) == Ids{"public-url-handed-out-is-wrong"});
}

TEST_CASE("everything on loopback is no trial where LiveKit sends people elsewhere") {
  Deployment deployment = with_urls("wss://localhost", "http://localhost:7880");
  deployment.livekit.emplace();
  CHECK(test::ids(judged(deployment)) == Ids{});
  deployment.livekit->node_ip.value = {"127.0.0.1"};
  CHECK(test::ids(judged(deployment)) == Ids{});
  deployment.livekit->node_ip.value = {"10.0.0.5"};
  CHECK(test::ids(judged(deployment)) == Ids{"public-url-handed-out-is-wrong"});
  CHECK(judged(deployment).findings().front().title ==
        "public_url = \"wss://localhost\" leads every browser to its own machine; the controller hands it to "
        "every browser unchecked.");
  deployment.livekit->node_ip.value.clear();
  deployment.livekit->use_external_ip.value = true;
  CHECK(test::ids(judged(deployment)) == Ids{"public-url-handed-out-is-wrong"});
  deployment.livekit.reset();
  deployment.run.audience = Audience::internet;
  CHECK(test::ids(judged(deployment)) == Ids{"public-url-handed-out-is-wrong"});
}

TEST_CASE("an unencrypted public_url is refused by pages on https") {
  const Judgement proven =
      judged(with_urls("ws://livekit.uni.example", "http://10.0.0.5:7880", "https://meet.uni.example"));
  REQUIRE(test::ids(proven) == Ids{"plain-ws-from-https"});
  CHECK(proven.findings().front().title ==
        "public_url = \"ws://livekit.uni.example\" is not encrypted; the web page is https "
        "(https://meet.uni.example), "
        "and browsers refuse to mix them.");
  CHECK(proven.findings().front().confidence == Confidence::proven);
  CHECK(judged(with_urls("http://livekit.uni.example")).findings().front().confidence == Confidence::likely);
  CHECK(test::ids(judged(with_urls("ws://10.0.0.5", "http://10.0.0.5:7880", "http://10.0.0.5"))) == Ids{});
}

TEST_CASE("names of the documentation are a warning, or a note when they resolve") {
  const Deployment deployment = with_urls("wss://livekit.example.com", "http://internal.example.com:7880");
  const Judgement warning = judged(deployment);
  REQUIRE(test::ids(warning) == Ids{"placeholder-value"});
  CHECK(warning.findings().front().title ==
        "public_url and service_url still carry the documentation's names (livekit.example.com, "
        "internal.example.com).");
  CHECK(warning.findings().front().severity == Severity::warning);
  CHECK(warning.findings().front().related.size() == 1);
  Facts facts;
  facts.set(facts::public_addresses, {"", "livekit.example.com", 443, true, "", {"198.51.100.23"}});
  CHECK(judged(deployment, facts).findings().front().severity == Severity::warning);
  facts.set(facts::service_addresses, {"", "internal.example.com", 7880, false, "", {"198.51.100.23"}});
  CHECK(judged(deployment, facts).findings().front().severity == Severity::info);
}

TEST_CASE("without a file there is no verdict") {
  Deployment deployment = with_urls("wss://livekit.uni.example");
  deployment.controller->accepted.reset();
  CHECK(judged(deployment).unknown_reason().has_value());
  CHECK(checks::make_config_controller()->skip_reason({}) ==
        "no OpenTalk controller configuration was given or found");
}
