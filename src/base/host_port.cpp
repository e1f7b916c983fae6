// SPDX-License-Identifier: EUPL-1.2
#include <charconv>
#include <lkdoctor/address.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor {
namespace {

bool is_host_name(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// Host and the rest, which is empty or begins with ':'.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view host = text.substr(1, end - 1);
    if (!is_numeric_address(host) || family_of(host) != Family::ipv6) return std::nullopt;
    return std::pair{host, text.substr(end + 1)};
  }
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (!is_host_name(host)) return std::nullopt;
  return std::pair{host, colon == std::string_view::npos ? std::string_view{} : text.substr(colon)};
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto [host, rest] = *parts;
  HostPort out{to_lower_ascii(host), default_port};
  if (!rest.empty()) {
    const std::string_view digits = rest.substr(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
    if (rest.front() != ':' || error != std::errc{} || end != digits.data() + digits.size())
      return std::nullopt;
  }
  return out.port == 0 ? std::nullopt : std::optional(out);
}

}  // namespace lkdoctor
