// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/findings.hpp>

#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_config_agreement();
}

using namespace lkdoctor;

namespace {

using Ids = std::vector<std::string>;
constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

Origin file(const char* name, int line, int column) {
  return {Origin::Kind::file, name, line, column};
}

Deployment both(const std::string& ours = kSecret, const std::string& theirs = kSecret,
                const std::string& service_url = "http://livekit:7880",
                const std::string& public_url = "wss://livekit.uni.example") {
  Deployment deployment;
  ControllerSettings& controller = deployment.controller.emplace();
  controller.public_url = {public_url, file("controller.toml", 4, 14)};
  controller.service_url = {service_url, file("controller.toml", 5, 15)};
  controller.api_key = {"controller_key", file("controller.toml", 2, 11)};
  controller.api_secret = {traits_of(Secret(ours)), file("controller.toml", 3, 14)};
  LiveKitSettings& livekit = deployment.livekit.emplace();
  livekit.keys.push_back({"controller_key", traits_of(Secret(theirs)), file("livekit.yaml", 9, 19)});
  return deployment;
}

Judgement judged(const Deployment& deployment, const Facts& facts = {}) {
  return test::judge(*checks::make_config_agreement(), Json::object(), facts, deployment);
}

}  // namespace

TEST_CASE("two files that agree raise nothing") {
  const Judgement judgement = judged(both());
  CHECK(test::ids(judgement) == Ids{});
  CHECK(judgement.facts().dump() == R"({"same_key":true,"same_secret":true})");
}

TEST_CASE("a key that LiveKit does not have is named with those it has") {
  Deployment deployment = both();
  deployment.livekit->keys.front().name = "controler_key";
  const Judgement judgement = judged(deployment);
  REQUIRE(test::ids(judgement) == Ids{"api-key-unknown"});
  CHECK(judgement.findings().front().title ==
        "LiveKit does not know the API key \"controller_key\" (known: \"controler_key\").");
  CHECK(text(*judgement.findings().front().origin) == "controller.toml:2:11");
  CHECK(text(judgement.findings().front().related.front()) == "livekit.yaml:9:19");
}

TEST_CASE("where LiveKit's name looks like a secret, its file is the one to change") {
  Deployment deployment = both();
  deployment.livekit->keys.front().name = "(a secret)";
  const Judgement judgement = judged(deployment);
  REQUIRE(test::ids(judgement) == Ids{"api-key-unknown"});
  CHECK(judgement.findings().front().title ==
        "Name and secret stand in each other's place below keys: in livekit.yaml: LiveKit does not know the "
        "API "
        "key \"controller_key\", and the name it has looks like a secret.");
  CHECK(text(*judgement.findings().front().origin) == "livekit.yaml:9:19");
}

TEST_CASE("two secrets are compared by fingerprint and told apart by length and form") {
  const Judgement judgement = judged(both(kSecret, std::string(kSecret) + "\n"));
  REQUIRE(test::ids(judgement) == Ids{"api-secret-mismatch"});
  CHECK(judgement.findings().front().title ==
        "The secret of key \"controller_key\" differs between the controller (32 characters) and LiveKit "
        "(33); that of "
        "LiveKit begins or ends with white space.");
  CHECK(Json(judgement.findings().front()).dump().find(kSecret) == std::string::npos);
}

TEST_CASE("the documentation's secret on both sides is a proven failure with both places") {
  const Judgement judgement = judged(both("-secret-", "-secret-"));
  REQUIRE(test::ids(judgement) == Ids{"default-or-sample-credentials", "secret-too-short"});
  const Finding& sample = judgement.findings().front();
  CHECK(sample.title ==
        "Anyone can join and record every room: key \"controller_key\" has the secret printed in the "
        "documentation.");
  CHECK(sample.severity == Severity::failure);
  CHECK(sample.confidence == Confidence::proven);
  CHECK(text(*sample.origin) == "controller.toml:3:14");
  CHECK(text(sample.related.front()) == "livekit.yaml:9:19");
  const Judgement one_side = judged(both("-secret-", kSecret));
  CHECK(test::ids(one_side) ==
        Ids{"api-secret-mismatch", "default-or-sample-credentials", "secret-too-short"});
  CHECK(one_side.findings()[1].severity == Severity::warning);
}

TEST_CASE("a short secret that LiveKit's own check has named is not named again") {
  Deployment deployment = both("0123456789", "0123456789");
  CHECK(test::ids(judged(deployment)) == Ids{"secret-too-short"});
  deployment.livekit->findings.emplace_back(findings::secret_too_short, "livekit.yaml");
  CHECK(test::ids(judged(deployment)) == Ids{});
}

TEST_CASE("URLs are held against LiveKit's ports") {
  CHECK(test::ids(judged(both(kSecret, kSecret, "http://livekit:7881"))) == Ids{"url-port-mismatch"});
  CHECK(judged(both(kSecret, kSecret, "http://livekit:7881")).findings().front().title ==
        "service_url = \"http://livekit:7881\" leads to port 7881; LiveKit serves HTTP on 7880 and media "
        "over TCP on "
        "this one.");
  CHECK(judged(both(kSecret, kSecret, "http://livekit:17880")).findings().front().severity ==
        Severity::warning);
  CHECK(test::ids(judged(both(kSecret, kSecret, "http://livekit"))) == Ids{"url-port-mismatch"});
  CHECK(test::ids(judged(both(kSecret, kSecret, "http://livekit-internal.lan"))) == Ids{});
  CHECK(test::ids(judged(both(kSecret, kSecret, "https://livekit.uni.example"))) == Ids{});
  CHECK(test::ids(judged(both(kSecret, kSecret, "https://localhost:7880"))) == Ids{"tls-on-plain-port"});
  const Judgement plain = judged(both(kSecret, kSecret, "http://livekit:7880", "wss://l.uni.example:7880"));
  REQUIRE(test::ids(plain) == Ids{"tls-on-plain-port"});
  CHECK(plain.findings().front().remedy.text ==
        "Write public_url with the port of the TLS proxy in front of LiveKit (none for 443); without TLS "
        "browsers "
        "on an https page refuse it");
  CHECK(test::ids(judged(both(kSecret, kSecret, "http://livekit:7880", "wss://l.uni.example:7881"))) ==
        Ids{"url-port-mismatch"});
}

TEST_CASE("a URL where LiveKit answers is right, whatever its port") {
  Facts facts;
  facts.set(facts::service_identity, {facts::Answerer::livekit, true, true, true, "", {}});
  CHECK(test::ids(judged(both(kSecret, kSecret, "http://livekit:17880"), facts)) == Ids{});
}

TEST_CASE("with one side there is nothing to compare, and that is said") {
  Deployment deployment = both();
  deployment.livekit.reset();
  CHECK(judged(deployment).skip_reason() == "LiveKit's configuration was not given: nothing to compare with");
  deployment = both();
  deployment.livekit->keys.clear();
  CHECK(judged(deployment).unknown_reason().has_value());
}
