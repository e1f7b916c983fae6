// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/html.hpp"
#include "serve/page.hpp"

/// What the pages are put together from.
namespace lkdoctor::serve {

/// "2026-11-22 08:00:15 UTC" in a <time>; "not known" for 0.
Html time_of(std::int64_t at_ms);
/// "45 s", "12 min", "3 h 5 min", "2 days".
std::string span_words(std::int64_t milliseconds);

/// Sign and word of a verdict: "✗ broken". Colour only adds.
Html verdict_mark(Verdict verdict);
std::string_view sign_of(Verdict verdict);

/// The title of a finding: with this run's values, or where anybody can read it, as the catalogue has it.
std::string title_for(const Site& site, const std::string& finding, const std::string& title);

Html path_section(const Report& report);
Html range_section(const Report& report);
Html timings_section(const Past& past, std::int64_t now_ms);
/// The verdicts of 24 hours as a picture, and in words.
Html day_strip(const Past& past, std::int64_t now_ms, std::string_view id);
Html history_section(const Site& site, const ShownTarget& target);

/// A whole document around `main`.
std::string document(const Site& site, std::string_view title, const Html& main, bool live);

}  // namespace lkdoctor::serve
