// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace lkdoctor::serve {

/// Markup. Text becomes markup by html() alone, which escapes it.
class Html {
 public:
  Html() = default;
  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  Html& operator+=(const Html& other) {
    text_ += other.text_;
    return *this;
  }

 private:
  explicit Html(std::string text) : text_(std::move(text)) {}
  template <class... Values>
  friend Html html(const char* pattern, const Values&... values);

  std::string text_;
};

/// Text of any source as it may stand in markup and in quoted attributes: control characters and what
/// reorders text are shown as \xNN, `& < > " '` are escaped, and what is very long is cut.
std::string escaped(std::string_view text);

inline const std::string& placed(const Html& value) {
  return value.text();
}
inline std::string placed(std::string_view value) {
  return escaped(value);
}
template <std::integral Number>
Number placed(Number value) {
  return value;
}

/// `pattern` is markup of our own with {} for values, in fmt's syntax.
template <class... Values>
Html html(const char* pattern, const Values&... values) {
  return Html(fmt::format(fmt::runtime(pattern), placed(values)...));
}

}  // namespace lkdoctor::serve
