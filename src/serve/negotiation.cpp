// SPDX-License-Identifier: EUPL-1.2
#include "serve/negotiation.hpp"

#include <algorithm>
#include <charconv>
#include <lkdoctor/text.hpp>

namespace lkdoctor::serve {
namespace {

/// The text up to `separator` outside of quotes; `rest` loses it and the separator.
std::string_view next_part(std::string_view& rest, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && rest[at] == separator) {
      break;
    }
  }
  at = std::min(at, rest.size());
  const std::string_view part = trimmed(rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

/// RFC 9110 §12.4.2: 0 to 1; what is no such number is refused with 0.
double quality(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 0 && value <= 1 ? value : 0;
}

struct MediaRange {
  std::string type;     ///< lower case
  std::string version;  ///< "" if not given
  double q = 1;
};

MediaRange media_range(std::string_view text) {
  MediaRange out;
  out.type = to_lower_ascii(next_part(text, ';'));
  while (!text.empty()) {
    const std::string_view parameter = next_part(text, ';');
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name = to_lower_ascii(trimmed(parameter.substr(0, equals)));
    const std::string_view value = unquoted(trimmed(parameter.substr(equals + 1)));
    if (name == "q") out.q = quality(value);
    if (name == "version") out.version = value;
  }
  return out;
}

/// How closely a range means text/plain; 0: not at all.
int closeness_to_text(const MediaRange& range) {
  if (range.type == "text/plain") return 3;
  if (range.type == "text/*") return 2;
  return range.type == "*/*" ? 1 : 0;
}

}  // namespace

TextFormat negotiate(std::string_view accept) {
  double openmetrics = 0, text = 0;
  int closest = 0;
  while (!accept.empty()) {
    const MediaRange range = media_range(next_part(accept, ','));
    const bool known = range.version.empty() || range.version == "1.0.0";
    if (range.type == "application/openmetrics-text" && known) openmetrics = std::max(openmetrics, range.q);
    const int close = closeness_to_text(range);
    if (close == 0 || close < closest) continue;
    text = close > closest ? range.q : std::max(text, range.q);
    closest = close;
  }
  return openmetrics > 0 && openmetrics >= text ? TextFormat::openmetrics : TextFormat::prometheus;
}

}  // namespace lkdoctor::serve
