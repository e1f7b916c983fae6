// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string>
#include <string_view>

#include "model/report.hpp"

namespace lkdoctor::report {

/// How text may look where it is read. Decided by the caller: renderers look at no environment.
struct TextStyle {
  bool utf8 = true;     ///< else marks are `ok !! xx -- ??` and everything is ASCII
  bool colour = false;  ///< never carries meaning alone
  int width = 100;      ///< columns, 72 to 100
  bool verbose = false;
  bool quiet = false;  ///< nothing on exit 0, else the causes alone
};

/// Five states and one remark; each has a sign and a word of two letters.
enum class Mark { ok, warn, fail, skip, unknown, info };
Mark mark_of(Outcome outcome);
Mark mark_of(Severity severity);
std::string text(Mark mark, const TextStyle& style);

/// Columns that `text` takes on a terminal, escape sequences not counted.
std::size_t columns(std::string_view text);

/// Breaks at spaces so that no line is wider than `width`, if a word allows it. The first line begins with
/// `lead`; the others are indented to the lead's width. Line feeds in `text` stay. Ends with a line feed.
std::string wrapped(std::string_view lead, std::string_view text, int width);

/// "     proof   text…", wrapped.
std::string labelled(std::string_view label, std::string_view text, int width);

/// A number as JSON writes it, whatever the locale: "11", "0.5".
std::string number(double value);

/// "rtt 11 ms", "ports answered 0": an evidence in words; what a peer sent stands in quotation marks.
std::string words(const Evidence& evidence);

/// Everything beyond ASCII written in ASCII: dashes, dots and marks by their look, the rest as \uNNNN.
std::string to_ascii(std::string_view text);

/// Text of any source made safe for a terminal; line feeds stay.
std::string safe(std::string_view text);

}  // namespace lkdoctor::report
