// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "serve/settings.hpp"
#include "serve/web_config.hpp"

namespace lkdoctor::cli {

/// What `serve` would do with these settings: where it answers, which checks run how often, what that costs
/// each LiveKit, whom it contacts. `web`: what the web configuration file says. REQUIRES: settings without an
/// error.
std::string describe_serving(const serve::Settings& settings, const serve::WebConfig& web,
                             const engine::CheckList& checks, bool json);

}  // namespace lkdoctor::cli
