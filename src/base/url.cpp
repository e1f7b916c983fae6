// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor {

namespace {

/// Where host and port of a URL stand in its text.
struct Authority {
  std::size_t begin = 0;
  std::string_view host, port;  ///< the host with its brackets, the port without the colon
};

std::optional<Authority> authority_in(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  Authority out;
  out.begin = scheme + 3;
  const std::size_t end = std::min(text.find_first_of("/?#", out.begin), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  if (at != std::string_view::npos && at >= out.begin) out.begin = at + 1;
  const std::string_view all = text.substr(out.begin, end - out.begin);
  const std::size_t bracket = all.starts_with('[') ? all.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : all.find(':', bracket);
  out.host = all.substr(0, colon);
  if (colon != std::string_view::npos) out.port = all.substr(colon + 1);
  return out;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The same URL, its host as DNS has it.
std::string with_ascii_host(std::string_view text) {
  const auto authority = authority_in(text);
  if (!authority || is_ascii(authority->host)) return std::string(text);
  const auto host = ascii_host(authority->host);
  if (!host) return std::string(text);
  return std::string(text.substr(0, authority->begin)) + *host +
         std::string(text.substr(authority->begin + authority->host.size()));
}

}  // namespace

std::optional<Url> parse_url(std::string_view given) {
  const std::string text = with_ascii_host(given);
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed || !parsed->has_authority()) return std::nullopt;
  Url url;
  url.scheme = to_lower_ascii({parsed->scheme().data(), parsed->scheme().size()});
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss")
    return std::nullopt;
  const auto host = parsed->host_address();
  const bool named = host.find(':') == std::string::npos;
  const auto ascii = named ? ascii_host(host) : std::optional(to_lower_ascii(host));
  if (!ascii || ascii->empty()) return std::nullopt;
  url.host = *ascii;
  url.port = url.tls() ? 443 : 80;
  if (parsed->has_port() && !parsed->port().empty()) {
    const auto digits = parsed->port();
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0 || value > 65535) {
      return std::nullopt;
    }
    url.port = static_cast<std::uint16_t>(value);
    url.port_given = true;
  }
  const auto path = parsed->encoded_path();
  url.path.assign(path.data(), path.size());
  return url;
}

std::string why_no_url(std::string_view text) {
  const auto authority = authority_in(text);
  const std::string_view scheme = text.substr(0, std::min(text.find(':'), text.size()));
  constexpr std::array<std::string_view, 4> kSchemes{"http", "https", "ws", "wss"};
  const bool known = std::ranges::find(kSchemes, to_lower_ascii(scheme)) != kSchemes.end();
  if (!authority || !known) return "is no http, https, ws or wss URL";
  if (authority->host.empty()) return "has no host";
  const std::string_view digits = authority->port;
  const bool numeric = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  const bool small = digits.size() <= 5 && numeric && std::stoul(std::string(digits)) - 1 < 65535;
  if (!digits.empty() && !small)
    return "has no valid port: " + printable(digits, 20) + " is not from 1 to 65535";
  if (authority->host.starts_with('[') && authority->host.find('%') != std::string_view::npos) {
    return "names a zone of an IPv6 address, which no browser takes in a URL: give a global address or a "
           "name";
  }
  if (authority->host.starts_with('[')) return "has no valid IPv6 address in its brackets";
  if (!ascii_host(authority->host)) {
    return "has a host that cannot exist: " + printable(authority->host, 80) +
           " is no valid international name";
  }
  return "is no http, https, ws or wss URL";
}

std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  return std::string(url.substr(0, begin)) + std::string(url.substr(at + 1));
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port_given ? name + ":" + std::to_string(port) : name;
}
std::string Url::http() const {
  return (tls() ? "https://" : "http://") + authority() + path;
}
std::string Url::websocket() const {
  return (tls() ? "wss://" : "ws://") + authority() + path;
}

std::string Url::path_of(std::string_view suffix) const {
  std::string base = path;
  while (!base.empty() && base.back() == '/') base.pop_back();
  return base + std::string(suffix);
}

}  // namespace lkdoctor
