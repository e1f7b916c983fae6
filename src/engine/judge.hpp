// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "model/recording.hpp"

namespace lkdoctor::engine {

/// Judges what was recorded, without network. `deployment` may lack its secrets. The report has no diagnoses
/// and no summary yet: that is diagnosis' part.
Report judge(const CheckList& checks, const Recording& recording, const Deployment& deployment);

}  // namespace lkdoctor::engine
