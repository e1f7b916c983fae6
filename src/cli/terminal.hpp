// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <string>

#include "report/layout.hpp"

namespace lkdoctor::cli {

using Environment = std::map<std::string, std::string>;
Environment whole_environment();

/// True if the locale of LC_ALL, LC_CTYPE or LANG (the first that is set) says UTF-8.
bool is_utf8_locale(const Environment& environment);

/// `when`: auto, always, never. An option beats the environment (NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE,
/// TERM).
bool wants_colour(const std::string& when, bool terminal, const Environment& environment);

/// How text looks on `descriptor`: colour and width of a terminal; 100 columns where there is none.
report::TextStyle style_for(int descriptor, const std::string& colour, const Environment& environment);

/// Everything on stdin, up to 16 MiB: a bound that no console output and no token comes near.
std::string whole_input();

/// Writes everything. False if that failed for another reason than that nobody reads any more (EPIPE).
bool write_all(int descriptor, std::string_view text);

/// "lkdoctor: …" on stderr, made safe for a terminal.
void complain(std::string_view message);

}  // namespace lkdoctor::cli
