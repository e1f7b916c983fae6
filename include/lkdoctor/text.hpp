// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor {

/// Text that a peer or a file sent, made safe to print: invalid UTF-8 and control characters escaped as \xNN,
/// cut after `limit` bytes at a character border, then "…".
std::string printable(std::string_view text, std::size_t limit = 200);

/// `word` in single quotes for a POSIX shell, unless it needs none.
std::string shell_quoted(std::string_view word);

/// The candidate nearest to `word` by edit distance, if it is near enough to be meant; else "".
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// True if `text` matches the glob `pattern` (`*` and `?`).
bool matches_glob(std::string_view pattern, std::string_view text);

std::string to_lower_ascii(std::string_view text);
std::string_view trimmed(std::string_view text);

/// "10.0.0.1, 10.0.0.2".
std::string joined(std::span<const std::string> items, std::string_view between = ", ");

/// "3 files", "1 file".
std::string counted(std::size_t number, std::string_view singular, std::string_view plural);

/// Source text with a caret, for error messages:
///     livekit.yaml:9:3
///       9 |   tpc_port: 7881
///         |   ^^^^^^^^
std::string caret_excerpt(std::string_view line_text, int line, int column, int width);

}  // namespace lkdoctor
