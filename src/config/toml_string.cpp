// SPDX-License-Identifier: EUPL-1.2
// https://toml.io/en/v1.0.0 (strings); \e and \xHH are of 1.1.
#include "config/toml_cursor.hpp"

namespace lkdoctor::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

void append_utf8(std::string& out, unsigned long code) {
  const auto byte = [&](unsigned long value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6U);
    byte(0x80 | (code & 0x3fU));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12U);
    byte(0x80 | (code >> 6U & 0x3fU));
    byte(0x80 | (code & 0x3fU));
  } else {
    byte(0xf0 | code >> 18U);
    byte(0x80 | (code >> 12U & 0x3fU));
    byte(0x80 | (code >> 6U & 0x3fU));
    byte(0x80 | (code & 0x3fU));
  }
}

void read_code_point(TomlCursor& cursor, std::string& out, int digits) {
  const Place place = cursor.place();
  unsigned long code = 0;
  for (int i = 0; i < digits; ++i) {
    const char c = cursor.peek();
    const int value = is_digit(c)              ? c - '0'
                      : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                      : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                               : -1;
    if (value < 0)
      TomlCursor::fail_at(place, "this escape needs " + std::to_string(digits) + " hexadecimal digits");
    code = code * 16 + static_cast<unsigned long>(value);
    cursor.skip(1);
  }
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    TomlCursor::fail_at(place, "this escape is no Unicode character");
  }
  append_utf8(out, code);
}

/// After the backslash.
void read_escape(TomlCursor& cursor, std::string& out, std::optional<Place>& newer) {
  constexpr std::string_view kLetters = "btnfr\"\\e";
  constexpr std::string_view kValues = "\b\t\n\f\r\"\\\x1b";
  const Place place = cursor.place();
  const char letter = cursor.take();
  if ((letter == 'e' || letter == 'x') && !newer) newer = place;
  if (letter == 'u' || letter == 'U' || letter == 'x') {
    read_code_point(cursor, out, letter == 'U' ? 8 : letter == 'u' ? 4 : 2);
  } else if (const auto at = kLetters.find(letter); at != std::string_view::npos) {
    out += kValues[at];
  } else {
    TomlCursor::fail_at(
        place,
        "a backslash in a string of double quotation marks begins an escape, and this is none; "
        "use single quotation marks for text with backslashes");
  }
}

/// After a backslash in a multi-line string: the line end and all blanks behind it vanish.
bool read_line_end(TomlCursor& cursor) {
  std::size_t ahead = 0;
  while (cursor.peek(ahead) == ' ' || cursor.peek(ahead) == '\t') ++ahead;
  if (cursor.peek(ahead) != '\n' && !(cursor.peek(ahead) == '\r' && cursor.peek(ahead + 1) == '\n'))
    return false;
  do {
    cursor.skip_blanks();
  } while (cursor.take_newline());
  return true;
}

void check_character(TomlCursor& cursor, Place opened, bool multiline) {
  if (cursor.end() || (!multiline && (cursor.peek() == '\n' || cursor.starts_with("\r\n")))) {
    TomlCursor::fail_at(opened, "this string is not closed");
  }
  if (is_control(cursor.peek()) && cursor.peek() != '\n' && !cursor.starts_with("\r\n")) {
    cursor.fail("a string may not hold a control character");
  }
}

/// Up to two quotation marks may stand directly before the closing three.
void take_closing(TomlCursor& cursor, std::string& out, char quote) {
  cursor.skip(3);
  for (int i = 0; i < 2 && cursor.peek() == quote; ++i) {
    out += quote;
    cursor.skip(1);
  }
}

std::string read_multiline(TomlCursor& cursor, char quote, Place opened, std::optional<Place>& newer) {
  const std::string closing(3, quote);
  std::string out;
  cursor.take_newline();
  for (;;) {
    check_character(cursor, opened, true);
    if (cursor.starts_with(closing)) {
      take_closing(cursor, out, quote);
      return out;
    }
    if (cursor.take_newline()) {
      out += '\n';
    } else if (quote == '"' && cursor.peek() == '\\') {
      cursor.skip(1);
      if (!read_line_end(cursor)) read_escape(cursor, out, newer);
    } else {
      out += cursor.take();
    }
  }
}

}  // namespace

std::string read_toml_string(TomlCursor& cursor, std::optional<Place>& newer) {
  const Place opened = cursor.place();
  const char quote = cursor.peek();
  if (cursor.starts_with(std::string(3, quote))) {
    cursor.skip(3);
    return read_multiline(cursor, quote, opened, newer);
  }
  cursor.skip(1);
  std::string out;
  for (;;) {
    check_character(cursor, opened, false);
    const char c = cursor.take();
    if (c == quote) return out;
    if (c == '\\' && quote == '"') {
      read_escape(cursor, out, newer);
    } else {
      out += c;
    }
  }
}

}  // namespace lkdoctor::config
