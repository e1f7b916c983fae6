// SPDX-License-Identifier: EUPL-1.2
#include "report/layout.hpp"

#include <charconv>
#include <cmath>
#include <lkdoctor/text.hpp>

namespace lkdoctor::report {
namespace {

struct Sign {
  std::string_view utf8, ascii, colour;
};

constexpr Sign sign_of(Mark mark) {
  switch (mark) {
    case Mark::ok:
      return {"✓", "ok", "32"};
    case Mark::warn:
      return {"!", "!!", "33"};
    case Mark::fail:
      return {"✗", "xx", "31"};
    case Mark::skip:
      return {"–", "--", "2"};
    case Mark::unknown:
      return {"?", "??", "35"};
    case Mark::info:
      return {"i", "i", "36"};
  }
  return {"?", "??", "35"};
}

/// Length in bytes of the escape sequence at `at`, 0 if there is none. Only our own `ESC [ … m` occur.
std::size_t escape_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("\x1b[")) return 0;
  const std::size_t end = text.find('m', at);
  return end == std::string_view::npos ? 0 : end - at + 1;
}

std::string wrapped_line(std::string_view lead, std::string_view line, std::size_t indent, int width) {
  std::string out(lead);
  std::size_t used = columns(lead);
  bool first = true;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    const std::string_view word = line.substr(at, end - at);
    at = end + 1;
    const std::size_t needed = columns(word) + (first ? 0 : 1);
    if (!first && used + needed > static_cast<std::size_t>(width)) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!first) {
      out += ' ';
      ++used;
    }
    out += word;
    used += columns(word);
    first = false;
  }
  while (out.ends_with(' ')) out.pop_back();
  return out + "\n";
}

std::string value_words(const Json& value) {
  if (value.is_null()) return "unknown";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return number(value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  constexpr std::size_t kShown = 8;
  std::string out;
  for (std::size_t i = 0; i < value.size() && i < kShown; ++i) {
    out += (i == 0 ? "" : ", ") + value_words(value.at(i));
  }
  if (value.size() > kShown) out += " and " + std::to_string(value.size() - kShown) + " more";
  return out.empty() ? "none" : out;
}

struct Unit {
  std::string_view suffix, shown;
};
constexpr Unit kUnits[] = {{"_ms", " ms"},       {"_us", " µs"},     {"_seconds", " s"},
                           {"_bytes", " bytes"}, {"_days", " days"}, {"_bits", " bits"}};

std::string_view replacement(std::string_view character) {
  struct Pair {
    std::string_view from, to;
  };
  constexpr Pair kPairs[] = {{"✓", "ok"}, {"✗", "xx"}, {"–", "-"},  {"—", "-"},  {"─", "-"},  {"…", "..."},
                             {"·", "-"},  {"→", "->"}, {"µ", "u"},  {"“", "\""}, {"”", "\""}, {"’", "'"},
                             {"‘", "'"},  {"≤", "<="}, {"≥", ">="}, {"±", "+-"}};
  for (const Pair& pair : kPairs) {
    if (pair.from == character) return pair.to;
  }
  return {};
}

std::size_t character_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

std::string escaped_code_point(std::string_view character) {
  unsigned code = static_cast<unsigned char>(character[0]) & (0xffU >> (character.size() + 1));
  for (const char c : character.substr(1)) code = code << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return fmt::format("\\u{:04x}", code);
}

}  // namespace

Mark mark_of(Outcome outcome) {
  constexpr std::array<Mark, 5> kMarks{Mark::ok, Mark::warn, Mark::fail, Mark::skip, Mark::unknown};
  return kMarks.at(static_cast<std::size_t>(outcome));
}

Mark mark_of(Severity severity) {
  if (severity == Severity::failure) return Mark::fail;
  return severity == Severity::warning ? Mark::warn : Mark::info;
}

std::string text(Mark mark, const TextStyle& style) {
  const Sign sign = sign_of(mark);
  const std::string shown(style.utf8 ? sign.utf8 : sign.ascii);
  return style.colour ? "\x1b[" + std::string(sign.colour) + "m" + shown + "\x1b[0m" : shown;
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t escape = escape_at(text, at)) {
      at += escape;
      continue;
    }
    if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U) ++count;
    ++at;
  }
  return count;
}

std::string wrapped(std::string_view lead, std::string_view text, int width) {
  const std::size_t indent = columns(lead);
  const std::string blank(indent, ' ');
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += wrapped_line(at == 0 ? lead : std::string_view(blank), text.substr(at, end - at), indent, width);
    at = end + 1;
  }
  return out;
}

std::string labelled(std::string_view label, std::string_view text, int width) {
  return wrapped(fmt::format("     {:<7} ", label), text, width);
}

std::string number(double value) {
  if (!std::isfinite(value)) return "unknown";
  std::array<char, 64> buffer{};
  // Three decimals are enough for any unit we print.
  const double rounded = std::round(value * 1000.0) / 1000.0;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), rounded).ptr;
  return {buffer.data(), end};
}

std::string words(const Evidence& evidence) {
  std::string key = evidence.key;
  std::string value = value_words(evidence.value);
  if (evidence.untrusted) value = "\"" + printable(value) + "\"";
  for (const Unit& unit : kUnits) {
    if (!evidence.value.is_number() || !key.ends_with(unit.suffix)) continue;
    key.resize(key.size() - unit.suffix.size());
    value += unit.shown;
    break;
  }
  if (key.ends_with("_ratio") && evidence.value.is_number()) {
    key.resize(key.size() - std::string_view("_ratio").size());
    value = number(evidence.value.get<double>() * 100.0) + " %";
  }
  for (char& c : key) {
    if (c == '_') c = ' ';
  }
  return key.empty() ? value : key + ": " + value;
}

std::string to_ascii(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(static_cast<unsigned char>(text[at]));
    const std::string_view character = text.substr(at, length);
    at += length;
    if (length == 1 || character.size() < length) {
      out += character;
    } else if (const std::string_view known = replacement(character); !known.empty()) {
      out += known;
    } else {
      out += escaped_code_point(character);
    }
  }
  return out;
}

std::string safe(std::string_view text) {
  constexpr std::size_t kLongest = 4000;
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (at != 0) out += '\n';
    out += printable(text.substr(at, end - at), kLongest);
    at = end + 1;
  }
  return out;
}

}  // namespace lkdoctor::report
