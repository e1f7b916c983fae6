// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor {

/// "30m", "2h", "90s", "1h30m", "7d" in seconds; nullopt: not such a text, nothing, or more than `longest`.
std::optional<std::int64_t> seconds_of(std::string_view text, std::int64_t longest);

/// What to say where a text is none: "a duration up to 2h, such as 30m", with `longest` as people write it; a
/// bare number lacks its unit.
std::string duration_wanted(std::string_view text, std::string_view longest);

}  // namespace lkdoctor
