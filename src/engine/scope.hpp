// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/check.hpp>
#include <vector>

namespace lkdoctor::engine {

/// One run of a plan against one target, among those that share a worker. Never 0, never used twice.
using JobNumber = std::uint32_t;

/// What a worker can be ordered to run: which checks, against which targets. It sees both as they are when it
/// is forked. Nothing here is owned.
struct Scope {
  std::vector<const Check*> checks;
  std::vector<const Deployment*> targets;
};

}  // namespace lkdoctor::engine
