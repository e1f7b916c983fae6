// SPDX-License-Identifier: EUPL-1.2
#include "token.hpp"

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/key_difference.hpp>

#include "clock.hpp"

namespace lkdoctor::checks::key {
namespace {

using proto::Meaning;

/// LiveKit allows for some difference of the clocks.
void judge_token_itself(const Scene& scene) {
  const auto past = scene.observation.token_past_s;
  if (!past || static_cast<double>(*past) <= kLeewaySeconds) return;
  scene.raise(findings::token_expired, "token", scene.deployment.token.origin)
      .saying("The token of this run expired " + std::to_string(*past) + " s ago, by this machine's clock.")
      .with("expired_seconds_ago", *past)
      .sure(Confidence::likely)
      .command("lkdoctor token create");
}

}  // namespace

void judge_token(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    const proto::Reading good = probes::reading_of(side.answers, "good");
    const proto::Reading validate = probes::reading_of(side.answers, "validate");
    const bool expired =
        good.fault == proto::TokenFault::expired || validate.fault == proto::TokenFault::expired;
    if (!expired) continue;
    scene.raise(findings::token_expired, "token", scene.deployment.token.origin)
        .saying("The token of this run has expired, says LiveKit at " + side.url + ".");
    return;
  }
  judge_token_itself(scene);
}

void judge_refused_token(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    std::string why = probes::why_token_refused(probes::reading_of(side.answers, "good"));
    const bool header_seen = probes::reading_of(side.answers, "corrupt").meaning == Meaning::token_refused;
    if (why.empty() && header_seen)
      why = probes::why_token_refused(probes::reading_of(side.answers, "validate"));
    if (why.empty()) continue;
    return scene.judgement.could_not_tell("the token of this run is refused at " + side.url + ": " + why);
  }
}

}  // namespace lkdoctor::checks::key
