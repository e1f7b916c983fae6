// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

/// Which parts of a line may be shown. Only what is known to be harmless is: the values of LiveKit's own keys
/// that hold no credentials, and numbers and switches.
namespace lkdoctor::config {
namespace {

constexpr std::string_view kMask = "…";

bool is_credential(std::string_view key) {
  const std::string lower = to_lower_ascii(key);
  for (const std::string_view part : {"key", "secret", "password", "credential", "passwd", "token", "auth"}) {
    if (lower.find(part) != std::string::npos) return true;
  }
  return false;
}

bool is_known_key(const Context& context, std::string_view key) {
  for (const KeyTable& table : key_tables()) {
    for (const KeyRow& row : table.rows) {
      const std::size_t dot = row.path.rfind('.');
      const std::string_view last = dot == std::string_view::npos ? row.path : row.path.substr(dot + 1);
      if (last == key) return true;
    }
  }
  return context.schema->fields.contains(key);
}

/// "true", "7881", "20000-25000": nobody's secret.
bool is_harmless(std::string_view value) {
  const std::string lower = to_lower_ascii(trimmed(value));
  for (const std::string_view word :
       {"", "true", "false", "yes", "no", "on", "off", "null", "~", "[]", "{}", "|", ">", "\"", "'"}) {
    if (lower == word) return true;
  }
  return lower.size() <= 11 &&
         std::count_if(lower.begin(), lower.end(), [](char c) { return c >= '0' && c <= '9'; }) <= 10 &&
         lower.find_first_not_of("0123456789-+.,:/_\"'[]x ") == std::string::npos;
}

/// Where the key of this line ends, and the key itself.
struct Parts {
  std::string_view key;
  std::size_t value_at = 0;  ///< of the first character behind the colon
};
Parts parts_of(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t-[{\"'?");
  if (begin == std::string_view::npos) return {{}, line.size()};
  const std::size_t colon = line.find(':', begin);
  if (colon == std::string_view::npos) return {{}, begin};
  std::string_view key = line.substr(begin, colon - begin);
  while (key.ends_with('"') || key.ends_with('\'') || key.ends_with(' ')) key.remove_suffix(1);
  return {key, colon + 1};
}

/// True inside the block that `keys:` opens, up to this line.
bool is_below_keys(const Context& context, int number) {
  const std::string_view line = context.document.line(number);
  std::size_t indent = line.find_first_not_of(' ');
  for (int above = number - 1; above >= 1; --above) {
    const std::string_view text = context.document.line(above);
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos || text[begin] == '#') continue;
    const Parts parts = parts_of(text);
    if (begin < indent || (begin == indent && is_credential(parts.key))) {
      if (is_credential(parts.key)) return true;
      indent = begin;
    }
    if (begin == 0 && indent == 0) return false;
  }
  return false;
}

std::string masked(const Context& context, int number) {
  std::string_view line = context.document.line(number);
  // A comment may hold the old secret.
  const std::size_t comment = line.find(" #");
  if (comment != std::string_view::npos) line = line.substr(0, comment);
  if (trimmed(line).starts_with('#'))
    return std::string(line.substr(0, line.find('#') + 1)) + std::string(kMask);
  const Parts parts = parts_of(line);
  const std::string_view value = line.substr(std::min(parts.value_at, line.size()));
  if (is_harmless(value)) return std::string(line);
  const bool nested =
      value.find(':') != std::string_view::npos && value.find_first_of("{[") != std::string_view::npos;
  const bool shown = !parts.key.empty() && is_known_key(context, parts.key) && !is_credential(parts.key) &&
                     !nested && !is_below_keys(context, number);
  if (shown) return std::string(line);
  const std::size_t blanks = std::min(value.find_first_not_of(' '), value.size());
  return std::string(line.substr(0, std::min(parts.value_at, line.size()) + blanks)) + std::string(kMask);
}

}  // namespace

std::string excerpt(const Context& context, yaml::Mark mark, int width) {
  const std::string line = masked(context, mark.line);
  // Behind a mask the caret stands at its beginning.
  int column = mark.column;
  const std::size_t mask = line.find(kMask);
  if (mask != std::string::npos && column > static_cast<int>(mask)) {
    column = static_cast<int>(mask) + 1;
    width = 1;
  }
  return caret_excerpt(line, mark.line, column, std::max(1, width));
}

}  // namespace lkdoctor::config
