// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor {

std::optional<Url> parse_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed || !parsed->has_authority()) return std::nullopt;
  Url url;
  url.scheme = to_lower_ascii({parsed->scheme().data(), parsed->scheme().size()});
  if (url.scheme != "http" && url.scheme != "https" && url.scheme != "ws" && url.scheme != "wss")
    return std::nullopt;
  const auto host = parsed->host_address();
  url.host = to_lower_ascii(host);
  if (url.host.empty()) return std::nullopt;
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
