// SPDX-License-Identifier: EUPL-1.2
#include "config/yaml_text.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::config::yaml {
namespace {

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | (code >> 6U));
    put(0x80 | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12U));
    put(0x80 | ((code >> 6U) & 0x3fU));
    put(0x80 | (code & 0x3fU));
  } else {
    put(0xf0 | (code >> 18U));
    put(0x80 | ((code >> 12U) & 0x3fU));
    put(0x80 | ((code >> 6U) & 0x3fU));
    put(0x80 | (code & 0x3fU));
  }
}

std::string from_utf16(std::string_view text, bool little) {
  const auto unit = [&](std::size_t at) {
    const auto low = static_cast<unsigned char>(text[at + (little ? 0 : 1)]);
    const auto high = static_cast<unsigned char>(text[at + (little ? 1 : 0)]);
    return static_cast<char32_t>(low | (high << 8U));
  };
  std::string out;
  for (std::size_t at = 2; at + 1 < text.size(); at += 2) {
    char32_t code = unit(at);
    // RFC 2781 §2.2: a high surrogate is followed by a low one.
    if (code >= 0xd800 && code < 0xdc00 && at + 3 < text.size()) {
      code = 0x10000 + ((code - 0xd800) << 10U) + ((unit(at + 2) - 0xdc00) & 0x3ffU);
      at += 2;
    }
    append_utf8(out, code);
  }
  return out;
}

std::string as_utf8(std::string_view text) {
  if (text.starts_with("\xff\xfe")) return from_utf16(text, true);
  if (text.starts_with("\xfe\xff")) return from_utf16(text, false);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return std::string(text);
}

/// Length of the line break at `at`, 0 if there is none.
std::size_t break_length(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at, 3);
  if (rest.starts_with("\r\n")) return 2;
  if (rest.starts_with('\n') || rest.starts_with('\r')) return 1;
  if (rest.starts_with("\xc2\x85")) return 2;                                          // NEL
  if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return 3;  // LS, PS
  return 0;
}

/// A key written without a blank behind its colon ("port:7880"), which swallows the lines after it.
Mark key_without_blank(const Document& document, int last) {
  for (int number = last; number >= 1 && number > last - 3; --number) {
    const std::string_view line = document.line(number);
    const std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && colon + 1 < line.size() && line[colon + 1] != ' ' &&
        line[colon + 1] != '/') {
      return {number, static_cast<int>(colon) + 1};
    }
  }
  return {0, 0};
}

/// The first line up to `last` that is indented by a tab.
Mark tab_indentation(const Document& document, int last) {
  for (int number = 1; number <= last; ++number) {
    const std::string_view line = document.line(number);
    const std::size_t tab = line.find('\t');
    if (tab != std::string_view::npos && line.find_first_not_of(' ') == tab)
      return {number, static_cast<int>(tab) + 1};
  }
  return {0, 0};
}

/// The last bracket or brace up to `last` that nothing closes (quotes and comments looked through roughly).
Mark open_bracket(const Document& document, int last) {
  std::vector<Mark> open;
  for (int number = 1; number <= last; ++number) {
    const std::string_view line = document.line(number);
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '#' && (i == 0 || line[i - 1] == ' ')) {
        break;
      } else if (c == '[' || c == '{') {
        open.push_back({number, static_cast<int>(i) + 1});
      } else if ((c == ']' || c == '}') && !open.empty()) {
        open.pop_back();
      }
    }
  }
  return open.empty() ? Mark{0, 0} : open.back();
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  const std::string utf8 = as_utf8(text);
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < utf8.size()) {
    const std::size_t length = break_length(utf8, at);
    if (length == 0) {
      lines.back() += utf8[at++];
    } else {
      lines.emplace_back();
      at += length;
    }
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

Mark place_of_offset(std::string_view text, std::size_t offset) {
  const std::string before = as_utf8(text.substr(0, std::min(offset, text.size())));
  Mark mark;
  std::size_t at = 0;
  while (at < before.size()) {
    const std::size_t length = break_length(before, at);
    if (length != 0) {
      mark = {mark.line + 1, 1};
      at += length;
      continue;
    }
    const bool continuation = (static_cast<unsigned char>(before[at]) & 0xc0U) == 0x80U;
    if (!continuation) ++mark.column;
    ++at;
  }
  return mark;
}

Mark true_place(const Document& document) {
  const Error& error = *document.error;
  const auto says = [&](std::string_view part) { return error.problem.find(part) != std::string::npos; };
  Mark found{0, 0};
  if (says("cannot start any token") || says("tab character"))
    found = tab_indentation(document, error.place.line);
  if (says("mapping values are not allowed") || says("could not find expected ':'")) {
    found = key_without_blank(document, error.place.line);
  }
  if (says("expected ',' or")) found = open_bracket(document, error.place.line);
  Mark place = found.line > 0 ? found : error.place;
  const int last = static_cast<int>(document.lines.size());
  if (place.line > last) place = {std::max(1, last), static_cast<int>(document.line(last).size()) + 1};
  return place;
}

}  // namespace lkdoctor::config::yaml
