// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/key_questions.hpp>

/// What is said of a key pair that LiveKit refuses.
namespace lkdoctor::checks::key {

using probes::KeyObservation;
using probes::KeySide;
using probes::Side;

struct Scene {
  const KeyObservation& observation;
  const Facts& facts;
  const Deployment& deployment;
  Judgement& judgement;

  const std::string& key() const { return deployment.api_key.value; }
  Finding& raise(const FindingDef& definition, const std::string& subject, const Origin& origin) const {
    Finding& finding = judgement.raise(definition, subject);
    if (origin.known()) finding.at(origin);
    return finding;
  }
};

void raise_unknown_key(const Scene& scene, const KeySide& side);
void raise_wrong_secret(const Scene& scene, const KeySide& side);
void raise_stripped(const Scene& scene, const KeySide& side);

}  // namespace lkdoctor::checks::key
