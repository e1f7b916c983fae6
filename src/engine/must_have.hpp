// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "model/report.hpp"

namespace lkdoctor::engine {

/// What a verdict at `vantage` needs (contract §2, must-have) and no check in `checks` stands for. What the
/// selection leaves out is not demanded. A check that is there and could not measure counts by itself.
std::vector<NotTested> unfulfilled(const CheckList& checks, const Selection& selection, Vantage vantage);

}  // namespace lkdoctor::engine
