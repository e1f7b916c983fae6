// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/json.hpp>

namespace lkdoctor {
namespace {

/// How deep brackets nest, strings left out. Right for valid JSON; what it says of other text does not
/// matter.
std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0, deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    if (in_string) {
      if (byte == '\\') ++i;
      if (byte == '"') in_string = false;
    } else if (byte == '"') {
      in_string = true;
    } else if (byte == '{' || byte == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((byte == '}' || byte == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

bool is_bounded(std::string_view text, std::size_t max_bytes, std::size_t max_depth) {
  return text.size() <= max_bytes && depth_of(text) <= max_depth;
}

std::optional<Json> parse_bounded(std::string_view text, std::size_t max_bytes, std::size_t max_depth) {
  if (!is_bounded(text, max_bytes, max_depth)) return std::nullopt;
  Json parsed = Json::parse(text.begin(), text.end(), nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

std::string dump_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lkdoctor
