// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "model/report.hpp"

namespace lkdoctor::report {

/// Who wrote the report.
struct Tool {
  std::string_view version, revision;
};

/// `lkdoctor.report/1` of contract §4. The order of fields is part of the format.
OrderedJson document(const Report& report, const Tool& tool);

/// The document over several lines, or in one (for `jsonl`); ends with a line feed. What is no UTF-8 is
/// replaced.
std::string json(const Report& report, const Tool& tool);
std::string jsonl(const Report& report, const Tool& tool);

/// "2026-11-22T08:00:00.000Z".
std::string iso_time(std::int64_t milliseconds_since_1970);

}  // namespace lkdoctor::report
