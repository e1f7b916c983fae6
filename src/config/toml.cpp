// SPDX-License-Identifier: EUPL-1.2
// https://toml.io/en/v1.0.0 (keys, tables, arrays); inline tables over several lines are of 1.1.
#include "config/toml.hpp"

#include <algorithm>

#include "config/toml_cursor.hpp"
#include "config/toml_tables.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::size_t kMostParts = 32;  // of one dotted key or header
constexpr int kDeepestValue = 32;       // of arrays and inline tables in each other

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

class TomlReader {
 public:
  explicit TomlReader(std::string_view text) : cursor_(text) {}

  void read(TomlFile& file) {
    TomlNode* table = &file.root;
    while (skip_to_content()) {
      if (cursor_.peek() == '[') {
        table = read_header(file.root);
      } else {
        read_pair(*table);
      }
      end_line();
    }
  }
  const std::optional<Place>& newer() const noexcept { return newer_; }

 private:
  /// False at the end of the file.
  bool skip_to_content() {
    for (;;) {
      cursor_.skip_blanks();
      skip_comment();
      if (!cursor_.take_newline()) break;
    }
    return !cursor_.end();
  }

  void skip_comment() {
    if (cursor_.peek() != '#') return;
    while (!cursor_.end() && cursor_.peek() != '\n' && !cursor_.starts_with("\r\n")) {
      const auto byte = static_cast<unsigned char>(cursor_.peek());
      if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
        cursor_.fail("a comment may not hold a control character");
      cursor_.skip(1);
    }
  }

  void end_line() {
    cursor_.skip_blanks();
    skip_comment();
    if (cursor_.end() || cursor_.take_newline()) return;
    if (cursor_.peek() == '\r') cursor_.fail("a carriage return stands alone; lines end with LF or CR LF");
    cursor_.fail("the line should end here; one key and one value a line");
  }

  KeyPart read_key_part() {
    KeyPart part{{}, cursor_.place()};
    if (cursor_.peek() == '"' || cursor_.peek() == '\'') {
      if (cursor_.starts_with("\"\"\"") || cursor_.starts_with("'''"))
        cursor_.fail("a key may not span lines");
      part.text = read_toml_string(cursor_, newer_);
      return part;
    }
    const std::size_t from = cursor_.offset();
    while (is_bare(cursor_.peek())) cursor_.skip(1);
    part.text = cursor_.since(from);
    if (part.text.empty())
      cursor_.fail(cursor_.end() ? "the file ends where a key should be" : "a key is expected here");
    return part;
  }

  std::vector<KeyPart> read_key() {
    std::vector<KeyPart> parts;
    for (;;) {
      parts.push_back(read_key_part());
      if (parts.size() > kMostParts) cursor_.fail("keys are nested too deeply");
      cursor_.skip_blanks();
      if (cursor_.peek() != '.') return parts;
      cursor_.skip(1);
      cursor_.skip_blanks();
    }
  }

  TomlNode* read_header(TomlNode& root) {
    const Place opened = cursor_.place();
    const bool array = cursor_.starts_with("[[");
    cursor_.skip(array ? 2 : 1);
    cursor_.skip_blanks();
    const std::vector<KeyPart> parts = read_key();
    if (!cursor_.starts_with(array ? "]]" : "]")) {
      TomlCursor::fail_at(
          cursor_.peek() == '\n' || cursor_.end() ? opened : cursor_.place(),
          array ? "the header [[…]] is not closed by ]]" : "the header […] is not closed by ]");
    }
    cursor_.skip(array ? 2 : 1);
    TomlNode* table = &root;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) table = tables_.descend(*table, parts, parts[i]);
    return array ? tables_.append(*table, parts, opened) : tables_.define(*table, parts, opened);
  }

  /// key = value, in a table or an inline table.
  void read_pair(TomlNode& into, int depth = 0) {
    const std::vector<KeyPart> parts = read_key();
    if (cursor_.peek() != '=') refuse_missing_equals(parts);
    cursor_.skip(1);
    cursor_.skip_blanks();
    TomlNode& table = tables_.for_pair(into, parts);
    TomlNode value = read_value(depth);
    tables_.add(table, parts.back()) = std::move(value);
  }

  [[noreturn]] void refuse_missing_equals(const std::vector<KeyPart>& parts) {
    if (cursor_.peek() == ':') cursor_.fail("\"" + joined(parts) + "\" needs = before its value; : is YAML");
    cursor_.fail("= is expected here, between a key and its value");
  }

  TomlNode read_value(int depth) {
    if (depth > kDeepestValue) cursor_.fail("values are nested too deeply");
    TomlNode value;
    value.place = cursor_.place();
    switch (cursor_.peek()) {
      case '"':
      case '\'':
        value.kind = TomlNode::Kind::string;
        value.text = read_toml_string(cursor_, newer_);
        return value;
      case '[':
        read_array(value, depth);
        return value;
      case '{':
        read_inline_table(value, depth);
        return value;
      default:
        return read_toml_plain(cursor_, newer_);
    }
  }

  void read_array(TomlNode& array, int depth) {
    array.kind = TomlNode::Kind::array;
    array.closed = true;
    cursor_.skip(1);
    for (;;) {
      if (!skip_to_content()) TomlCursor::fail_at(array.place, "this array is not closed by ]");
      if (cursor_.peek() == ']') break;
      tables_.count(cursor_.place());
      array.items.push_back(read_value(depth + 1));
      if (!skip_to_content()) TomlCursor::fail_at(array.place, "this array is not closed by ]");
      if (cursor_.peek() == ']') break;
      if (cursor_.peek() != ',') {
        cursor_.fail("a comma or ] is expected here, in the array that begins on line " +
                     std::to_string(array.place.line));
      }
      cursor_.skip(1);
    }
    cursor_.skip(1);
  }

  /// Blanks within an inline table; a line end there is TOML 1.1.
  void skip_inside(Place opened) {
    const int line = cursor_.place().line;
    if (!skip_to_content()) TomlCursor::fail_at(opened, "this inline table is not closed by }");
    if (cursor_.place().line != line && !newer_) newer_ = opened;
  }

  void read_inline_table(TomlNode& table, int depth) {
    cursor_.skip(1);
    skip_inside(table.place);
    while (cursor_.peek() != '}') {
      read_pair(table, depth + 1);
      skip_inside(table.place);
      if (cursor_.peek() == '}') break;
      if (cursor_.peek() != ',') {
        cursor_.fail("a comma or } is expected here, in the table that begins on line " +
                     std::to_string(table.place.line));
      }
      cursor_.skip(1);
      skip_inside(table.place);
      if (cursor_.peek() == '}' && !newer_) newer_ = cursor_.place();
    }
    cursor_.skip(1);
    TomlTables::close(table);
  }

  TomlCursor cursor_;
  std::optional<Place> newer_;
  TomlTables tables_;
};

}  // namespace

TomlFile parse_toml(std::string_view text) {
  TomlFile file;
  if (const std::size_t bad = first_invalid_utf8(text); bad != text.size()) {
    TomlCursor cursor(text);
    Place place;
    place.line =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
    const std::size_t start = bad == 0 ? std::string_view::npos : text.rfind('\n', bad - 1);
    place.column = static_cast<int>(bad - (start == std::string_view::npos ? 0 : start + 1)) + 1;
    const bool wide = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    file.error = TomlError{wide ? "the file is UTF-16, and TOML is UTF-8 alone"
                                : "this byte is no UTF-8 (the file is perhaps Latin-1)",
                           place};
    return file;
  }
  TomlReader reader(text);
  try {
    reader.read(file);
  } catch (const TomlFailure& failure) {
    file.error = failure.error;
  }
  file.toml_1_1 = reader.newer();
  return file;
}

}  // namespace lkdoctor::config
