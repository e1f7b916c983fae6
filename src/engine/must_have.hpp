// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "model/recording.hpp"
#include "model/report.hpp"

namespace lkdoctor::engine {

/// Whether a run is incomplete without this check's result, where it stands and with what it was given.
bool demands(const CheckInfo& info, const Deployment& deployment);

/// A responder was named so that every port is told: without that a run is incomplete where no session of it
/// carried media either, or where --only asks for the range.
void demand_range(std::vector<CheckResult>& checks, const Facts& facts, const Deployment& deployment,
                  const Recording& recording);

/// What is demanded and the recording says nothing of: it was made before there was a check for it.
std::vector<NotTested> unrecorded(const CheckList& checks, const Recording& recording,
                                  const Deployment& deployment);

}  // namespace lkdoctor::engine
