// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>

#include "model/report.hpp"

namespace lkdoctor::diagnosis {

/// Finds the root causes: folds every consequence under its cause (`explained_by`), makes a diagnosis of each
/// failure and warning that nothing explains, sorts them (contract §3), and writes the summary. Pure.
void diagnose(Report& report, const Facts& facts);

}  // namespace lkdoctor::diagnosis
