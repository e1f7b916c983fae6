// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "key_findings.hpp"

namespace lkdoctor::checks::key {

/// LiveKit's leeway; beyond it every token is refused.
inline constexpr double kLeewaySeconds = 60;

void judge_clock(const Scene& scene, bool refused_for_time);

}  // namespace lkdoctor::checks::key
