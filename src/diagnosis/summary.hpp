// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>

#include "model/report.hpp"

namespace lkdoctor::diagnosis {

/// One sentence for the verdict: the first diagnosis, else what is known from here and what is not. Adds to
/// `not_tested` what would be needed for more.
void summarize(Report& report, const Facts& facts);

}  // namespace lkdoctor::diagnosis
