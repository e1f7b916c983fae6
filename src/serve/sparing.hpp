// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/refusals.hpp>

#include "model/recording.hpp"
#include "model/report.hpp"
#include "serve/agenda.hpp"

/// How scheduled runs cause few answers 401 at a LiveKit in order. Pure.
namespace lkdoctor::serve {

/// What the check looks at shows only where LiveKit refuses it.
bool lives_on_refusals(std::string_view check);

/// `known`: the last report of the target; nullptr: none yet.
facts::Refusals refusals_of(const DueRun& due, const Report* known);

/// The checks that are to run. Those that live on refusals wait for a run that may be refused, as long as
/// they were content, are not among `doubted`, and the target is not broken. What is due never waits as a
/// whole.
std::vector<std::string> checks_to_run(const DueRun& due, const Report* known,
                                       const std::set<std::string>& doubted);

/// LiveKit's clock, where `run` was not to measure it and LiveKit took its tokens, stays as it was measured
/// in `former`.
void keep_clock(Recording& run, const Recording& former);

}  // namespace lkdoctor::serve
