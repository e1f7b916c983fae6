// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/http_survey.hpp>

namespace lkdoctor::probes {

struct HttpScene {
  const HttpSurvey& survey;
  Side side;
  const Facts& facts;
  const Deployment& deployment;
  Judgement& judgement;

  const std::string& url() const { return survey.where.url; }
  std::string what() const { return std::string(name_of(side)) + " " + url(); }
  const Origin& origin() const { return url_of(deployment, side).origin; }
  Finding& raise(const FindingDef& definition) const {
    Finding& finding = judgement.raise(definition, url());
    if (origin().known()) finding.at(origin());
    return finding;
  }
};

/// Raises what a proxy says in LiveKit's stead: an error of its own, a refusal, a redirect. False if it says
/// none of these. REQUIRES: LiveKit does not show at this address.
bool judge_in_front(const HttpScene& scene, const AddressSurvey& address);

}  // namespace lkdoctor::probes
