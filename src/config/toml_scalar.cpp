// SPDX-License-Identifier: EUPL-1.2
// https://toml.io/en/v1.0.0 (numbers, booleans, dates); times without seconds are of 1.1.
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "config/toml_cursor.hpp"

namespace lkdoctor::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// The digits without underscores; an underscore must stand between two digits.
std::string plain_digits(std::string_view token, Place place) {
  const bool hexadecimal = token.starts_with("0x");
  const auto counts = [&](std::size_t i) {
    return hexadecimal ? std::isxdigit(static_cast<unsigned char>(token[i])) != 0 : is_digit(token[i]);
  };
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '_') {
      out += token[i];
    } else if (i == 0 || i + 1 == token.size() || !counts(i - 1) || !counts(i + 1)) {
      TomlCursor::fail_at(place, "an underscore in a number stands between two digits");
    }
  }
  return out;
}

std::optional<std::int64_t> integer_of(std::string_view digits, int base) {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  return value;
}

bool set_integer(TomlNode& out, std::string_view digits) {
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0o")) base = 8;
  if (digits.starts_with("0b")) base = 2;
  const std::string_view body = digits.substr(base == 10 ? 0 : 2);
  const std::size_t sign = body.starts_with('+') || body.starts_with('-') ? 1 : 0;
  if (base != 10 && sign == 1) return false;
  if (base == 10 && body.size() > sign + 1 && body[sign] == '0') return false;
  const auto value = integer_of(body, base);
  if (!value) return false;
  out.kind = TomlNode::Kind::integer;
  out.text = std::to_string(*value);
  out.number = static_cast<double>(*value);
  return true;
}

/// Digits, then a fraction or an exponent or both, each with digits.
bool is_float_shape(std::string_view text) {
  std::size_t i = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - from;
  };
  const std::size_t first = i;
  const std::size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

bool set_float(TomlNode& out, std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view bare = text.substr(negative || text.starts_with('+') ? 1 : 0);
  double value = 0;
  if (bare == "inf" || bare == "nan") {
    value =
        bare == "inf" ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    if (negative) value = -value;
  } else if (is_float_shape(text)) {
    const std::string_view body = text.substr(text.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
    if (error == std::errc::result_out_of_range) value = negative ? -HUGE_VAL : HUGE_VAL;
  } else {
    return false;
  }
  std::array<char, 512> buffer{};
  // As Rust prints a float: the shortest digits, never an exponent.
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  out.kind = TomlNode::Kind::floating;
  out.text.assign(buffer.data(), end);
  out.number = value;
  return true;
}

bool matches_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

int two_digits(std::string_view text) {
  return (text[0] - '0') * 10 + (text[1] - '0');
}

bool is_date(std::string_view text) {
  if (!matches_shape(text, "0000-00-00")) return false;
  const int month = two_digits(text.substr(5)), day = two_digits(text.substr(8));
  constexpr std::array<int, 12> kDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays.at(static_cast<std::size_t>(month - 1));
}

/// "07:32", "07:32:00", "07:32:00.5"; without seconds it is TOML 1.1.
bool is_time(std::string_view text) {
  if (text.size() < 5 || !matches_shape(text.substr(0, 5), "00:00")) return false;
  if (two_digits(text) > 23 || two_digits(text.substr(3)) > 59) return false;
  text.remove_prefix(5);
  if (text.empty()) return true;
  if (text.size() < 3 || !matches_shape(text.substr(0, 3), ":00") || two_digits(text.substr(1)) > 60)
    return false;
  text.remove_prefix(3);
  if (text.empty()) return true;
  return text.size() > 1 && text[0] == '.' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_date_time(std::string_view text) {
  if (is_date(text) || is_time(text)) return true;
  if (text.size() < 16 || !is_date(text.substr(0, 10))) return false;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return false;
  std::string_view time = text.substr(11);
  if (time.back() == 'Z' || time.back() == 'z') {
    time.remove_suffix(1);
  } else if (time.size() > 6 && (time[time.size() - 6] == '+' || time[time.size() - 6] == '-')) {
    if (!is_time(time.substr(time.size() - 5))) return false;
    time.remove_suffix(6);
  }
  return is_time(time);
}

std::string_view plain_token(TomlCursor& cursor) {
  constexpr std::string_view kEnd = " \t\r\n#,]}=";
  const std::size_t from = cursor.offset();
  while (!cursor.end() && kEnd.find(cursor.peek()) == std::string_view::npos) cursor.skip(1);
  const std::string_view token = cursor.since(from);
  // A date may be parted from its time by one blank.
  if (is_date(token) && cursor.peek() == ' ' && is_digit(cursor.peek(1)) && is_digit(cursor.peek(2))) {
    cursor.skip(1);
    while (!cursor.end() && kEnd.find(cursor.peek()) == std::string_view::npos) cursor.skip(1);
  }
  return cursor.since(from);
}

[[noreturn]] void refuse_plain(std::string_view token, Place place) {
  if (token.empty()) TomlCursor::fail_at(place, "a value is missing here");
  if (token.starts_with("\xe2\x80\x9c") || token.starts_with("\xe2\x80\x9e") ||
      token.starts_with("\xe2\x80\x98")) {
    TomlCursor::fail_at(place, "this is a typographic quotation mark; a string begins with \" or '");
  }
  if (token == "True" || token == "False") TomlCursor::fail_at(place, "write true or false in small letters");
  if (is_digit(token[0]) && token.find_first_not_of("0123456789_") == std::string_view::npos) {
    TomlCursor::fail_at(place, "a number may not begin with 0 or is too large; a text needs quotation marks");
  }
  TomlCursor::fail_at(place, "this is no number, boolean or date; a text needs quotation marks");
}

}  // namespace

TomlNode read_toml_plain(TomlCursor& cursor, std::optional<Place>& newer) {
  TomlNode out;
  out.place = cursor.place();
  const std::string_view token = plain_token(cursor);
  if (token == "true" || token == "false") {
    out.kind = TomlNode::Kind::boolean;
    out.boolean = token == "true";
    out.text = token;
    return out;
  }
  if (is_date_time(token)) {
    out.kind = TomlNode::Kind::datetime;
    out.text = token;
    if (out.text.size() > 10 && out.text[4] == '-') out.text[10] = 'T';
    const auto colon = out.text.find(':');
    if (colon != std::string::npos && out.text.substr(colon + 3, 1) != ":" && !newer) newer = out.place;
    return out;
  }
  const bool hexadecimal = token.starts_with("0x");
  const bool numeric = !token.empty() && (is_digit(token[0]) || token[0] == '+' || token[0] == '-' ||
                                          token == "inf" || token == "nan");
  if (!numeric) refuse_plain(token, out.place);
  const std::string digits = plain_digits(token, out.place);
  if (set_integer(out, digits) || (!hexadecimal && set_float(out, digits))) return out;
  refuse_plain(token, out.place);
}

}  // namespace lkdoctor::config
