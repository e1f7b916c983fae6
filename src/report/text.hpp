// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "report/layout.hpp"
#include "report/path.hpp"

namespace lkdoctor::report {

struct TextOptions {
  TextStyle style;
  int exit_status = 0;                   ///< of the whole run, for the last line
  Severity fail_on = Severity::failure;  ///< as asked for
  bool exit_zero = false;
};

/// The report for a person: verdict and whose view it is; a paragraph for each root cause; the path with
/// where it breaks; the checks, a word for each group; what was not tested; the exit status.
std::string text(const Report& report, const TextOptions& options);

/// Groups in which every check of this run was judged, as `--only` takes them: "names,tls,http".
std::string judged_groups(const Report& report);

/// The parts of `text`, each ending with a line feed (or empty).
std::string cause_paragraphs(const Report& report, const TextStyle& style);
std::string path_picture(const Report& report, const TextStyle& style);
/// The UDP range, where a responder told of every port.
std::string range_strip(const Report& report, const TextStyle& style);
std::string folded_checks(const Report& report, const TextStyle& style);
std::string unfolded_checks(const Report& report, const TextStyle& style);

}  // namespace lkdoctor::report
