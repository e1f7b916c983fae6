// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string_view>

/// Texts that are files of the source tree, generated into the program by tools/gen_texts.
namespace lkdoctor::cli {

/// checks/<id>/README.md
struct CheckText {
  std::string_view id, text;
};
std::span<const CheckText> check_texts();

struct FactText {
  std::string_view name, title;
};
std::span<const FactText> fact_texts();

/// texts/<name>.md: words that people find in a console, a log or a ticket.
struct KnownText {
  std::string_view patterns;  ///< one a line, globs, matched anywhere in the text, without regard to case
  std::string_view says;      ///< whose text it is
  std::string_view meaning;
  std::string_view causes;  ///< finding ids, the most frequent first, separated by ", "
  std::string_view ask;     ///< what to ask for
  bool generic;             ///< words of many programs: only where no other text fits
};
std::span<const KnownText> known_texts();

/// packaging/schema/report-1.json
std::string_view report_schema();

}  // namespace lkdoctor::cli
