// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/yaml.hpp"

namespace lkdoctor::config::yaml {

struct Null {};
struct Timestamp {};

/// What go-yaml makes of a scalar before it looks at the field it is for.
struct Scalar {
  std::string tag;  ///< "!!int" …
  std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string, Timestamp> value;
  std::string error;  ///< not empty: the tag does not fit, and the whole file is refused with these words
};
Scalar resolve(const Node& scalar);

bool is_null(const Node& node);   ///< a scalar that means nothing (`~`, `null`, empty)
bool is_merge(const Node& node);  ///< the key `<<`
/// "!!str", "!!map" … as messages name it.
std::string tag_of(const Node& node);

/// Go's strconv.ParseInt/ParseUint with base 0: sign, 0x, 0b, 0o, a leading 0 for octal.
std::optional<std::int64_t> go_int(std::string_view text);
std::optional<std::uint64_t> go_uint(std::string_view text);
/// strconv.ParseFloat for what is written in decimals.
std::optional<double> go_float(std::string_view text);
/// time.ParseDuration, in nanoseconds.
std::optional<std::int64_t> go_duration(std::string_view text);

}  // namespace lkdoctor::config::yaml
