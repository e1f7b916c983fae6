// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/key_questions.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_api_key();
}

/// What api_key may have been answered at both URLs.
namespace lkdoctor::test::api_key_sides {

using probes::Side;
using Ids = std::vector<std::string>;

inline const std::string kWrongSecret =
    "invalid token: <token>, error: go-jose/go-jose: error in cryptographic primitive";
inline const std::string kNewWrongSecret =
    "invalid authorization token: token signature is invalid: signature is invalid";
inline const std::string kUnknownKey = "invalid API key: controller";

inline probes::KeySide accepting(Side side) {
  probes::KeySide out;
  out.side = side;
  out.url = side == Side::public_url ? "https://livekit.example" : "http://livekit:7880";
  out.answers = {by_livekit("good", 200, "OK"), by_livekit("corrupt", 401, kWrongSecret),
                 by_livekit("validate", 200, "success"), by_livekit("rooms", 200, "{\"rooms\":[]}")};
  return out;
}

inline probes::KeySide refusing(Side side, const std::string& body) {
  probes::KeySide out = accepting(side);
  for (auto& asked : out.answers) asked = by_livekit(asked.name, 401, body);
  return out;
}

struct Fixture {
  Deployment deployment;
  Facts facts;
  probes::KeyObservation observation;

  Fixture() {
    deployment.public_url = {"https://livekit.example", {Origin::Kind::file, "controller.toml", 12, 14}};
    deployment.service_url = {"http://livekit:7880", {Origin::Kind::file, "controller.toml", 13, 15}};
    deployment.api_key = {"controller", {Origin::Kind::file, "controller.toml", 14, 11}};
    deployment.api_secret.origin = {Origin::Kind::file, "controller.toml", 15, 14};
    deployment.api_secret.value.length = 36;
    deployment.api_secret.value.fingerprint = "0badcafe";
    deployment.run.vantage = Vantage::controller;
    observation.sides = {accepting(Side::service_url), accepting(Side::public_url)};
  }
  Judgement judge() const { return test::judge(*checks::make_api_key(), observation, facts, deployment); }
  Ids ids() const { return test::ids(judge()); }
  /// As if LiveKit's clock were `offset` seconds ahead.
  void clock(double offset) {
    const std::int64_t now = 1'700'000'000;
    observation.ladder.clear();
    for (const int step : {-1, 0, 1, 2}) {
      probes::LadderStep rung;
      rung.not_before = now + 60 + static_cast<std::int64_t>(offset) + step;
      rung.sent_at_ms = rung.received_at_ms = now * 1000;
      rung.accepted = static_cast<double>(step) <= 0;
      observation.ladder.push_back(rung);
    }
  }
};

}  // namespace lkdoctor::test::api_key_sides
