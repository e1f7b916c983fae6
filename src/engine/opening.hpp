// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "model/recording.hpp"

namespace lkdoctor::engine {

/// A recording as it is before any check has run: what is deployed, who looks at it from where and when, and
/// what the plan leaves out.
Recording open_recording(const std::vector<PlannedCheck>& plan, const Deployment& deployment);

}  // namespace lkdoctor::engine
