// SPDX-License-Identifier: EUPL-1.2
#include "respond/control_target.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace lkdoctor::respond {
namespace {

/// RFC 3986 §2.1; what is no escape stays.
std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    unsigned value = 0;
    const std::string_view hex = text.substr(1, 2);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
    const bool escape =
        text.front() == '%' && hex.size() == 2 && error == std::errc{} && end == hex.data() + 2;
    out += escape ? static_cast<char>(value) : text.front();
    text.remove_prefix(escape ? 3 : 1);
  }
  return out;
}

}  // namespace

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool is_signalling(std::string_view path) {
  constexpr std::array<std::string_view, 4> kPaths{"/rtc", "/rtc/validate", "/rtc/v1", "/rtc/v1/validate"};
  return std::ranges::find(kPaths, path) != kPaths.end();
}

bool carries_token(std::string_view target) {
  const std::size_t question = target.find('?');
  std::string_view query = question == std::string_view::npos ? "" : target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find_first_of("&;"));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (unescaped(pair.substr(0, pair.find('='))) == "access_token") return true;
  }
  return false;
}

}  // namespace lkdoctor::respond
