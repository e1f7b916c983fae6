// SPDX-License-Identifier: EUPL-1.2
#include "config/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <tuple>

#include "config/base64.hpp"

namespace lkdoctor::config::yaml {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool any_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
constexpr std::array<std::string_view, 3> kNan{".nan", ".NaN", ".NAN"};
constexpr std::array<std::string_view, 3> kInfinity{".inf", ".Inf", ".INF"};

/// Days of a month are looked at, as Go does; `2026-02-31` is a word.
bool is_date(std::string_view text) {
  int parts[3] = {};
  for (int i = 0; i < 3; ++i) {
    const std::size_t end = i < 2 ? text.find('-') : text.size();
    if (end == std::string_view::npos || end == 0 || end > (i == 0 ? 4U : 2U)) return false;
    const auto [last, error] = std::from_chars(text.data(), text.data() + end, parts[i]);
    if (error != std::errc{} || last != text.data() + end) return false;
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const auto [year, month, day] = std::tie(parts[0], parts[1], parts[2]);
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<std::size_t>(month) - 1] + (month == 2 && leap ? 1 : 0);
}

bool is_timestamp(std::string_view text) {
  if (text.size() < 6 || text[4] != '-' || !std::all_of(text.begin(), text.begin() + 4, is_digit))
    return false;
  const std::size_t separator = text.find_first_of("Tt ");
  if (!is_date(text.substr(0, separator))) return false;
  if (separator == std::string_view::npos) return true;
  const std::string_view time = text.substr(separator + 1);
  // Go's own layouts in full are not needed here: no field is a time, and a secret that looks like one stays
  // text.
  return time.size() >= 5 && is_digit(time[0]) && std::count(time.begin(), time.end(), ':') >= 2 &&
         time.find_first_not_of("0123456789:.+-Z") == std::string_view::npos;
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool looks_like_float(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  std::size_t at = 0, digits = 0, fraction = 0;
  while (at < text.size() && is_digit(text[at])) ++at, ++digits;
  if (at < text.size() && text[at] == '.') {
    ++at;
    while (at < text.size() && is_digit(text[at])) ++at, ++fraction;
  }
  if (digits == 0 && fraction == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  return at < text.size() &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_digit);
}

std::optional<std::uint64_t> magnitude(std::string_view text) {
  int base = 10;
  const auto prefixed = [&](char lower) {
    return text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == lower;
  };
  if (prefixed('x') || prefixed('b') || prefixed('o')) {
    base = (text[1] | 0x20) == 'x' ? 16 : (text[1] | 0x20) == 'b' ? 2 : 8;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  std::erase(out, '_');
  return out;
}

Scalar number_or_text(std::string_view text) {
  if (is_timestamp(text)) return {"!!timestamp", Timestamp{}, {}};
  const std::string plain = without_underscores(text);
  if (const auto value = go_int(plain)) return {"!!int", *value, {}};
  if (const auto value = go_uint(plain)) return {"!!int", *value, {}};
  if (looks_like_float(plain)) {
    if (const auto value = go_float(plain)) return {"!!float", *value, {}};
  }
  return {"!!str", std::string(text), {}};
}

Scalar plain_scalar(std::string_view text) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (any_of(text, kNulls)) return {"!!null", Null{}, {}};
  if (any_of(text, kTrue)) return {"!!bool", true, {}};
  if (any_of(text, kFalse)) return {"!!bool", false, {}};
  if (text == "<<") return {"!!merge", std::string(text), {}};
  if (any_of(text, kNan)) return {"!!float", std::numeric_limits<double>::quiet_NaN(), {}};
  if (any_of(text, kInfinity)) return {"!!float", kInf, {}};
  if (text[0] == '+' && any_of(text.substr(1), kInfinity)) return {"!!float", kInf, {}};
  if (text[0] == '-' && any_of(text.substr(1), kInfinity)) return {"!!float", -kInf, {}};
  if (text[0] == '.') {
    if (looks_like_float(text)) {
      if (const auto value = go_float(text)) return {"!!float", *value, {}};
    }
    return {"!!str", std::string(text), {}};
  }
  if (is_digit(text[0]) || text[0] == '+' || text[0] == '-') return number_or_text(text);
  return {"!!str", std::string(text), {}};
}

bool resolvable(std::string_view tag) {
  return tag.empty() || tag == "!!str" || tag == "!!bool" || tag == "!!int" || tag == "!!float" ||
         tag == "!!null" || tag == "!!timestamp";
}

/// An explicit tag must fit what is written.
Scalar tagged_scalar(const Node& node) {
  Scalar scalar = plain_scalar(node.value);
  if (scalar.tag == node.tag) return scalar;
  if (node.tag == "!!float" && scalar.tag == "!!int") {
    const auto* whole = std::get_if<std::int64_t>(&scalar.value);
    const double value = whole != nullptr ? static_cast<double>(*whole)
                                          : static_cast<double>(std::get<std::uint64_t>(scalar.value));
    return {"!!float", value, {}};
  }
  scalar.error = "cannot decode " + scalar.tag + " `" + node.value + "` as a " + node.tag;
  return scalar;
}

}  // namespace

Scalar resolve(const Node& node) {
  if (node.tag == "!!str" || (node.tag.empty() && node.is_quoted())) return {"!!str", node.value, {}};
  if (node.tag == "!!binary") {
    const auto data = from_base64(node.value);
    if (!data) return {node.tag, Null{}, "!!binary value contains invalid base64 data"};
    return {node.tag, *data, {}};
  }
  if (!resolvable(node.tag)) return {node.tag, node.value, {}};
  return node.tag.empty() ? plain_scalar(node.value) : tagged_scalar(node);
}

bool is_null(const Node& node) {
  const Node& meant = resolved(node);
  if (meant.kind != Kind::scalar || meant.is_quoted()) return false;
  return meant.tag.empty() ? any_of(meant.value, kNulls) : meant.tag == "!!null";
}

bool is_merge(const Node& node) {
  return node.kind == Kind::scalar && node.value == "<<" && !node.is_quoted() &&
         (node.tag.empty() || node.tag == "!!merge");
}

std::string tag_of(const Node& node) {
  if (!node.tag.empty()) return node.tag;
  if (node.kind == Kind::mapping) return "!!map";
  if (node.kind == Kind::sequence) return "!!seq";
  return resolve(node).tag;
}

std::optional<std::int64_t> go_int(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto value = magnitude(text);
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (!value || *value > kLargest + (negative ? 1U : 0U)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - *value : *value);
}

std::optional<std::uint64_t> go_uint(std::string_view text) {
  return magnitude(text);
}

std::optional<double> go_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  // Too small becomes 0, too large is no number.
  if (error == std::errc::result_out_of_range) {
    return text.find("e-") != std::string_view::npos ? std::optional<double>(0) : std::nullopt;
  }
  return error == std::errc{} ? std::optional<double>(value) : std::nullopt;
}

std::optional<std::int64_t> go_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                        {"us", 1e3},
                                        {"\xc2\xb5s", 1e3},
                                        {"\xce\xbcs", 1e3},
                                        {"ms", 1e6},
                                        {"s", 1e9},
                                        {"m", 60e9},
                                        {"h", 3600e9}}};
  double total = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.size(), text.find_first_not_of("0123456789."));
    const auto number = go_float(text.substr(0, end));
    if (!number || std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '.') > 1)
      return std::nullopt;
    text.remove_prefix(end);
    const std::size_t unit_end = std::min(text.size(), text.find_first_of("0123456789."));
    const std::string_view name = text.substr(0, unit_end);
    const auto* unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& known) { return known.name == name; });
    if (unit == kUnits.end()) return std::nullopt;
    total += *number * unit->nanoseconds;
    text.remove_prefix(unit_end);
  }
  if (total > 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(negative ? -total : total);
}

}  // namespace lkdoctor::config::yaml
