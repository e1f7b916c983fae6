// SPDX-License-Identifier: EUPL-1.2
#include "base/duration.hpp"

#include <array>
#include <charconv>

namespace lkdoctor {

std::optional<std::int64_t> seconds_of(std::string_view text, std::int64_t longest) {
  constexpr std::string_view kUnits = "smhd";
  constexpr std::array<std::int64_t, 4> kSeconds{1, 60, 3600, 86400};
  std::int64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto used = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || number <= 0 || number > longest || used >= text.size()) return std::nullopt;
    const std::size_t unit = kUnits.find(text[used]);
    if (unit == std::string_view::npos) return std::nullopt;
    total += number * kSeconds.at(unit);
    text.remove_prefix(used + 1);
  }
  return total <= longest ? std::optional(total) : std::nullopt;
}

std::string duration_wanted(std::string_view text, std::string_view longest) {
  const std::string number(text);
  if (!number.empty() && number.size() <= 6 && number.find_first_not_of("0123456789") == std::string::npos)
    return "a duration with its unit: did you mean " + number + "s, or " + number + "m?";
  return "a duration up to " + std::string(longest) + ", such as 30m";
}

}  // namespace lkdoctor
