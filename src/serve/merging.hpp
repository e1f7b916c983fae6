// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>

#include "engine/plan.hpp"
#include "model/recording.hpp"

namespace lkdoctor::serve {

/// The latest that each check of a target brought home, as one recording.
struct Merged {
  Recording recording;
  std::map<std::string, std::int64_t> ended_ms;  ///< wall clock, by check: when it last ran
};

/// A run replaces the results of the checks that it ran, and their facts; the others stay. Of a run that was
/// interrupted only what ended by itself counts. `checks` says which facts a check gives.
void merge(Merged& into, Recording run, std::int64_t ended_ms, const engine::CheckList& checks);

}  // namespace lkdoctor::serve
