// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/finding.hpp>
#include <lkdoctor/probes/signalling.hpp>
#include <optional>

namespace lkdoctor::probes {

/// The connection was good, and this request alone was closed without an answer.
bool hung_up(const Asked* asked);

/// The upgrade on /rtc/v1 as it was asked last: without an Origin, if it was refused with one; null: never.
const Asked* without_origin(const UpgradeSurvey& survey);

/// Upgrades without an Origin pass, and one with the page's, as every browser sends it, does not.
std::optional<Finding> met_by_origin(const UpgradeSurvey& survey, const facts::UrlAddresses& where,
                                     const Deployment& deployment);

/// /rtc leads to LiveKit, and /rtc/v1 does not.
std::optional<Finding> met_by_v1(const UpgradeSurvey& survey, const std::string& url);

}  // namespace lkdoctor::probes
