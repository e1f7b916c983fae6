// SPDX-License-Identifier: EUPL-1.2
#include "engine/must_have.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/facts/media_proof.hpp>

using namespace lkdoctor;

namespace {

bool demanded(std::string_view id, const std::string& public_url, const std::string& service_url) {
  Deployment deployment;
  deployment.run.vantage = Vantage::recorder;
  if (!public_url.empty()) deployment.public_url = {public_url, {Origin::Kind::flag, "--public-url"}};
  if (!service_url.empty()) deployment.service_url = {service_url, {Origin::Kind::flag, "--service-url"}};
  return engine::demands({.id = id, .title = "", .findings = {}, .must_have = at({Vantage::recorder})},
                         deployment);
}

}  // namespace

TEST_CASE("the recorder must have seen its URL: public_url, or service_url where that alone is known") {
  const std::string url = "wss://livekit.example.org", internal = "http://10.20.0.10:7880";
  CHECK(demanded("signalling_public", url, internal));
  CHECK_FALSE(demanded("signalling_service", url, internal));
  CHECK(demanded("signalling_public", url, ""));
  CHECK_FALSE(demanded("signalling_public", "", internal));
  CHECK(demanded("signalling_service", "", internal));
  CHECK(demanded("signalling_public", "", ""));
  CHECK(demanded("media_udp", url, internal));
}

TEST_CASE("a session that a responder carries stands for the URL that is not known, and has a listener") {
  Deployment deployment;
  deployment.run.vantage = Vantage::outside;
  deployment.token.origin = {Origin::Kind::discovered, "a responder", 0, 0};
  const auto demanded = [&](std::string_view id) {
    return engine::demands({.id = id, .title = "", .findings = {}, .must_have = at({Vantage::outside})},
                           deployment);
  };
  CHECK(demanded("signalling_public"));
  CHECK_FALSE(demanded("media_loop"));
  CarriedSession& carried = deployment.run.carried.emplace();
  carried.carries = true;
  CHECK_FALSE(demanded("signalling_public"));
  CHECK(demanded("media_loop"));
  deployment.public_url.origin = {Origin::Kind::flag, "TARGET", 0, 0};
  CHECK(demanded("signalling_public"));
}

TEST_CASE("with a responder the range must be told, where no session carried media or it was asked for") {
  Deployment deployment;
  deployment.run.responder = "198.51.100.23";
  facts::MediaProof proof;
  proof.connected = true;
  Facts with_media;
  with_media.set(facts::media_tcp_proof, proof);
  const auto demanded = [&](const Facts& facts, Outcome outcome, std::vector<std::string> only) {
    std::vector<CheckResult> checks(1);
    checks[0].id = "udp_range";
    checks[0].outcome = outcome;
    Recording recording;
    recording.only = std::move(only);
    engine::demand_range(checks, facts, deployment, recording);
    return checks[0].must_have;
  };
  CHECK(demanded({}, Outcome::unknown, {}));
  CHECK_FALSE(demanded(with_media, Outcome::unknown, {}));
  CHECK(demanded(with_media, Outcome::unknown, {"udp_range"}));
  CHECK_FALSE(demanded({}, Outcome::skip, {}));
  deployment.run.responder.clear();
  CHECK_FALSE(demanded({}, Outcome::unknown, {"udp_range"}));
}
