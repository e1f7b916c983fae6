// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "model/report.hpp"

namespace lkdoctor {

/// The effective settings of the checked deployment, each with its source; secrets by length only.
std::vector<Setting> settings_of(const Deployment& deployment);

}  // namespace lkdoctor
