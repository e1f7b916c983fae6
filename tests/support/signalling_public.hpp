// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/signalling.hpp>

#include "support/livekit_answers.hpp"
#include "support/provoked.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_public();
}

/// What signalling_public sees at https://livekit.example, and what it says of it.
namespace lkdoctor::test::signalling_public {

using Ids = std::vector<std::string>;

inline const std::string kRefusal = "no permissions to access the room";

inline probes::UpgradeSurvey healthy() {
  probes::UpgradeSurvey survey;
  survey.address = "198.51.100.23";
  survey.answers = {by_livekit("ws", 401, kRefusal), by_livekit("validate", 401, kRefusal),
                    by_livekit("ws_v1", 401, kRefusal),
                    by_livekit("line_6000", 401, "invalid authorization token")};
  return survey;
}

inline Judgement judge(const probes::UpgradeSurvey& address, facts::Answerer who = facts::Answerer::livekit,
                       Deployment deployment = {}) {
  deployment.public_url = {"https://livekit.example", {Origin::Kind::flag, "--public-url", 0, 0}};
  probes::SignallingSurvey survey;
  survey.where = {"https://livekit.example", "livekit.example", 443, true, "", {address.address}};
  survey.addresses = {address};
  facts::HttpIdentity identity;
  identity.answerer = who;
  Facts facts;
  facts.set(facts::public_identity, identity);
  return test::judge(*checks::make_signalling_public(), survey, facts, deployment);
}

}  // namespace lkdoctor::test::signalling_public
