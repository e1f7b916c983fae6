// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

#include "config/toml.hpp"

namespace lkdoctor::config {

/// Thrown and caught inside the TOML reader alone.
struct TomlFailure {
  TomlError error;
};

/// A position in the text that knows its line and column; moving forward costs time in what was passed.
class TomlCursor {
 public:
  explicit TomlCursor(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) counted_ = line_start_ = at_ = 3;
  }

  bool end() const noexcept { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool starts_with(std::string_view word) const noexcept { return text_.substr(at_).starts_with(word); }
  std::size_t offset() const noexcept { return at_; }
  std::string_view since(std::size_t offset) const { return text_.substr(offset, at_ - offset); }
  void skip(std::size_t count) noexcept { at_ += count; }
  char take() {
    if (end()) fail("the file ends here, in the middle of a value");
    return text_[at_++];
  }

  /// LF or CRLF. False if there is none here.
  bool take_newline() {
    if (peek() == '\r' && peek(1) == '\n') ++at_;
    if (end() || peek() != '\n') return false;
    ++at_;
    ++line_;
    line_start_ = counted_ = at_;
    column_ = 1;
    return true;
  }
  void skip_blanks() noexcept {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  Place place() {
    for (; counted_ < at_; ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xc0U) != 0x80U) ++column_;
    }
    return {line_, column_};
  }
  [[noreturn]] void fail(std::string message) { throw TomlFailure{{std::move(message), place()}}; }
  [[noreturn]] static void fail_at(Place place, std::string message) {
    throw TomlFailure{{std::move(message), place}};
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0, line_start_ = 0, counted_ = 0;
  int line_ = 1, column_ = 1;
};

/// A quoted string of any of the four kinds. Sets `newer` at the first escape that only TOML 1.1 knows.
std::string read_toml_string(TomlCursor& cursor, std::optional<Place>& newer);

/// A number, boolean, date or time.
TomlNode read_toml_plain(TomlCursor& cursor, std::optional<Place>& newer);

}  // namespace lkdoctor::config
