// SPDX-License-Identifier: EUPL-1.2
#include "serve/request.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostArguments = 32;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Percent-decoded once (RFC 3986 §2.4); nullopt: an escape that is none.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool is_odd(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
}

/// RFC 3986 §5.2.4 on the decoded path, so that "%2e%2e" is no way around it; empty segments go as well.
std::optional<std::string> normalised(std::string_view path) {
  std::vector<std::string_view> segments;
  bool folder = true;  // the last segment names one, or is none
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    folder = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (segments.empty()) return std::nullopt;
      segments.pop_back();
    } else if (!folder) {
      segments.push_back(segment);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  return folder || out.empty() ? out + "/" : out;
}

/// Takes scheme and authority away; false: neither form.
bool take_authority(std::string_view& text, std::string& authority) {
  if (text.starts_with('/')) return true;
  const std::string start = to_lower_ascii(text.substr(0, 8));
  const std::size_t scheme = start.starts_with("https://") ? 8 : start.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return false;
  text.remove_prefix(scheme);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  authority = text.substr(0, end);
  text.remove_prefix(end);
  return !authority.empty() && authority.find('@') == std::string::npos;
}

}  // namespace

std::string Request::header(std::string_view name) const {
  std::string out;
  bool any = false;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    out += (any ? ", " : "") + value;
    any = true;
  }
  return out;
}

std::optional<std::string> Request::argument(std::string_view name) const {
  const auto found = std::ranges::find_if(query, [&](const auto& one) { return one.first == name; });
  return found == query.end() ? std::nullopt : std::optional(found->second);
}

std::optional<RequestTarget> parse_request_target(std::string_view text) {
  RequestTarget out;
  if (!take_authority(text, out.authority)) return std::nullopt;
  text = text.substr(0, text.find('#'));
  const std::size_t mark = std::min(text.find('?'), text.size());
  const auto path = decoded(text.substr(0, mark), false);
  if (!path || std::ranges::any_of(*path, is_odd)) return std::nullopt;
  const auto clean = normalised(path->empty() ? "/" : *path);
  if (!clean) return std::nullopt;
  out.path = *clean;
  std::string_view rest = mark < text.size() ? text.substr(mark + 1) : std::string_view{};
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decoded(pair.substr(0, equals), true);
    const auto value = decoded(equals < pair.size() ? pair.substr(equals + 1) : std::string_view{}, true);
    if (!name || !value || out.query.size() == kMostArguments) return std::nullopt;
    out.query.emplace_back(*name, *value);
  }
  return out;
}

}  // namespace lkdoctor::serve
