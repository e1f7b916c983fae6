// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lkdoctor::config {

/// 1-based; column in characters.
struct Place {
  int line = 0, column = 0;
};

struct TomlEntry;

/// A TOML value with its place. Tables keep the order of the file.
struct TomlNode {
  enum class Kind { string, integer, floating, boolean, datetime, array, table };
  Kind kind = Kind::table;
  std::string text;      ///< of a scalar: a string's content; a number, boolean or date in TOML's normal form
  double number = 0;     ///< of integer and floating
  bool boolean = false;  ///< of boolean
  Place place;           ///< of a table: its header, or the key that made it
  std::vector<TomlNode> items;     ///< of an array
  std::vector<TomlEntry> entries;  ///< of a table
  bool header = false;             ///< a table that was named by [header] or [[header]]

  bool is_table() const noexcept { return kind == Kind::table; }
  bool is_scalar() const noexcept { return kind != Kind::table && kind != Kind::array; }
  const TomlEntry* find(std::string_view key) const;
  /// The same without regard to the case of ASCII letters.
  const TomlEntry* find_any_case(std::string_view key) const;

  // What the reader must remember of a table or an array.
  bool dotted = false;  ///< made by a dotted key
  bool closed = false;  ///< inline: nothing may be added
  std::map<std::string, std::size_t, std::less<>> index;
};

struct TomlEntry {
  std::string key;
  Place key_place;
  TomlNode value;
};

/// "a string", "an array", …
std::string_view name_of(TomlNode::Kind kind);

struct TomlError {
  std::string message;  ///< one sentence, no text of the file but keys and single characters
  Place place;
};

struct TomlFile {
  TomlNode root;
  std::optional<TomlError> error;
  std::optional<Place> toml_1_1;  ///< first use of what TOML 1.0 does not know
};

/// Reads TOML 1.1, of which 1.0 is a part. Our own reader, because it stands up to any input: it is bounded
/// in depth (64) and number of values (50,000), takes time linear in the text, and never throws for what the
/// text holds. REQUIRES: text.size() is bounded by the caller.
TomlFile parse_toml(std::string_view text);

/// `text` with U+FFFD for each byte that is no UTF-8.
std::string with_valid_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);
/// Offset of the first byte that is no UTF-8, or the length (RFC 3629 §4).
std::size_t first_invalid_utf8(std::string_view text);

/// Line `number` (1-based) of `text` without its line end; "" if there is none.
std::string_view line_of(std::string_view text, int number);

/// A line of a configuration file as it may be shown: values that could hold a secret are replaced by stars,
/// character by character, so that a caret still points at its place.
std::string shown_line(std::string_view line);

/// The line with a caret at `place`.
std::string excerpt_of(std::string_view text, Place place, int width = 1);

}  // namespace lkdoctor::config
