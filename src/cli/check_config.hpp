// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::cli {

/// What `serve` would do with these settings: where it answers, which checks run how often, what that costs
/// each LiveKit, whom it contacts. Nothing is contacted.
std::string describe_serving(const serve::Settings& settings, const engine::CheckList& checks);

}  // namespace lkdoctor::cli
