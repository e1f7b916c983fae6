// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>

#include "config/toml.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::string_view kKeyCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.\"' ";

/// Keys whose values are no secret, unless they carry a password (`scheme://user:password@host`).
constexpr std::array<std::string_view, 14> kHarmless{
    "public_url", "service_url", "url",     "base_url",        "addr", "port",        "kind",
    "vantage",    "audience",    "expires", "livekit_version", "name", "third_party", "deadline"};

bool is_harmless(std::string_view key) {
  key = trimmed(key);
  if (const auto dot = key.rfind('.'); dot != std::string_view::npos) key.remove_prefix(dot + 1);
  return std::find(kHarmless.begin(), kHarmless.end(), trimmed(key)) != kHarmless.end();
}

/// Length of the part that names a key or a table and may be shown.
std::size_t shown_prefix(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\xef\xbb\xbf");
  if (first == std::string_view::npos || line[first] == '#')
    return first == std::string_view::npos ? 0 : first + 1;
  if (line[first] == '[') return line.find('=') == std::string_view::npos ? line.size() : first;
  const std::size_t end = line.find_first_not_of(kKeyCharacters, first);
  if (end == std::string_view::npos || (line[end] != '=' && line[end] != ':')) return first;
  if (line[first] == '"' || line[first] == '\'') return first;
  const std::string_view value = line.substr(end + 1);
  // A password in a URL, or what is left of another line behind a stray quotation mark.
  const bool plain =
      value.find_first_of("@=") == std::string_view::npos &&
      std::count_if(value.begin(), value.end(), [](char c) { return c == '"' || c == '\''; }) <= 2;
  return is_harmless(line.substr(first, end - first)) && plain ? line.size() : end + 1;
}

}  // namespace

std::string shown_line(std::string_view line) {
  std::string out(line);
  for (std::size_t i = std::min(shown_prefix(line), out.size()); i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const bool letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z') || byte >= 0x80;
    if (letter) out[i] = '*';
  }
  return out;
}

}  // namespace lkdoctor::config
