// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "model/report.hpp"

namespace lkdoctor::report {

/// Masks what `redactor` knows in every text of the report, before anything is cut or escaped, and sets
/// `redactions`. Every renderer takes a report that went through here.
void redact(Report& report, const Redactor& redactor);

}  // namespace lkdoctor::report
