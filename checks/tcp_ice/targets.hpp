// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>

#include "observation.hpp"

namespace lkdoctor::checks::tcp_ice {

/// The addresses at which LiveKit's port is looked for, each with why.
std::vector<Target> choose_targets(const Probe& probe);

}  // namespace lkdoctor::checks::tcp_ice
