// SPDX-License-Identifier: EUPL-1.2
#include <array>
#include <lkdoctor/text.hpp>

#include "config/toml.hpp"

namespace lkdoctor::config {

std::size_t first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = [&](std::size_t i) {
      return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const unsigned lead = byte(0);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0) return at;
    for (std::size_t i = 1; i < length; ++i) {
      if ((byte(i) & 0xc0U) != 0x80U) return at;
    }
    const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
    const bool outside = (lead == 0xed && byte(1) > 0x9f) || (lead == 0xf4 && byte(1) > 0x8f);
    if (overlong || outside) return at;
    at += length;
  }
  return text.size();
}

bool is_valid_utf8(std::string_view text) {
  return first_invalid_utf8(text) == text.size();
}

std::string with_valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t good = first_invalid_utf8(text);
    out += text.substr(0, good);
    if (good == text.size()) break;
    out += "\xef\xbf\xbd";
    text.remove_prefix(good + 1);
  }
  return out;
}

const TomlEntry* TomlNode::find(std::string_view key) const {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &entries[found->second];
}

const TomlEntry* TomlNode::find_any_case(std::string_view key) const {
  if (const TomlEntry* exact = find(key)) return exact;
  for (const TomlEntry& entry : entries) {
    if (to_lower_ascii(entry.key) == to_lower_ascii(key)) return &entry;
  }
  return nullptr;
}

std::string_view name_of(TomlNode::Kind kind) {
  constexpr std::array<std::string_view, 7> kNames{"a string", "an integer", "a float", "a boolean",
                                                   "a date",   "an array",   "a table"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view found = text.substr(0, end);
    if (line == number) {
      if (!found.empty() && found.back() == '\r') found.remove_suffix(1);
      return found;
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

std::string excerpt_of(std::string_view text, Place place, int width) {
  return caret_excerpt(shown_line(line_of(text, place.line)), place.line, place.column, width);
}

}  // namespace lkdoctor::config
