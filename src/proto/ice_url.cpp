// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <charconv>
#include <lkdoctor/address.hpp>
#include <lkdoctor/proto/ice_url.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kLongestUrl = 512;
constexpr std::uint16_t kPort = 3478;        // RFC 7065 §3.2
constexpr std::uint16_t kSecurePort = 5349;  // RFC 7065 §3.2

bool is_host(std::string_view host) {
  return is_numeric_address(host) || std::ranges::all_of(host, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.' || c == '_';
         });
}

bool read_scheme(std::string_view scheme, IceUrl& url) {
  url.turn = scheme.starts_with("turn");
  url.secure = scheme.ends_with('s');
  url.tcp = url.secure;
  return scheme == "stun" || scheme == "stuns" || scheme == "turn" || scheme == "turns";
}

bool read_port(std::string_view text, IceUrl& url) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, url.port);
  return error == std::errc() && stop == end && url.port != 0;
}

bool read_place(std::string_view place, IceUrl& url) {
  url.port = url.secure ? kSecurePort : kPort;
  std::string_view host = place;
  std::string_view rest;
  if (place.starts_with('[')) {
    const std::size_t close = place.find(']');
    if (close == std::string_view::npos) return false;
    host = place.substr(1, close - 1);
    rest = place.substr(close + 1);
  } else if (const std::size_t colon = place.rfind(':'); colon != std::string_view::npos) {
    host = place.substr(0, colon);
    rest = place.substr(colon);
  }
  if (host.empty() || !is_host(host)) return false;
  url.host = std::string(host);
  return rest.empty() || (rest.starts_with(':') && read_port(rest.substr(1), url));
}

}  // namespace

std::optional<IceUrl> parse_ice_url(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text.size() > kLongestUrl || colon == std::string_view::npos) return std::nullopt;
  IceUrl url;
  if (!read_scheme(to_lower_ascii(text.substr(0, colon)), url)) return std::nullopt;
  std::string_view place = text.substr(colon + 1);
  constexpr std::string_view kTransport = "transport=";
  if (const std::size_t mark = place.find('?'); mark != std::string_view::npos) {
    const std::string query = to_lower_ascii(place.substr(mark + 1));
    place = place.substr(0, mark);
    if (!query.starts_with(kTransport)) return std::nullopt;
    const std::string over = query.substr(kTransport.size());
    if (over != "udp" && over != "tcp") return std::nullopt;
    url.tcp = over == "tcp";
  }
  if (!read_place(place, url)) return std::nullopt;
  return url;
}

}  // namespace lkdoctor::proto
