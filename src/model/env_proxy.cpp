// SPDX-License-Identifier: EUPL-1.2
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <lkdoctor/address.hpp>
#include <lkdoctor/env_proxy.hpp>
#include <lkdoctor/text.hpp>
#include <optional>

namespace lkdoctor {
namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

constexpr std::array<std::string_view, 8> kVariables{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy",
                                                     "ALL_PROXY",  "all_proxy",  "NO_PROXY",    "no_proxy"};

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : std::string(trimmed(found->second));
}

/// Upper case wins over lower case, the scheme's own variable over ALL_PROXY.
std::string variable_for(std::string_view scheme, const Environment& environment) {
  const bool tls = scheme == "https" || scheme == "wss";
  const std::array<std::string_view, 4> order{tls ? "HTTPS_PROXY" : "HTTP_PROXY",
                                              tls ? "https_proxy" : "http_proxy", "ALL_PROXY", "all_proxy"};
  for (const std::string_view name : order) {
    if (!value_of(environment, name).empty()) return std::string(name);
  }
  return "";
}

std::optional<std::uint32_t> ipv4_number(std::string_view text) {
  std::uint32_t out = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value > 255) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    out = out << 8U | value;
    if (part == 3) return text.empty() ? std::optional(out) : std::nullopt;
    if (text.empty() || text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

bool in_network(std::string_view host, std::string_view network) {
  const std::size_t slash = network.find('/');
  const auto address = ipv4_number(host), base = ipv4_number(network.substr(0, slash));
  if (!address || !base || slash == std::string_view::npos) return false;
  unsigned length = 0;
  const std::string_view digits = network.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > 32) return false;
  const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return (*address & mask) == (*base & mask);
}

bool entry_exempts(std::string_view entry, std::string_view host) {
  if (entry == "*") return true;
  if (is_numeric_address(host)) return entry == host || in_network(host, entry);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty()) return false;
  return host == entry || (host.ends_with(entry) && host[host.size() - entry.size() - 1] == '.');
}

bool is_exempt(std::string_view host, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string entry = to_lower_ascii(trimmed(list.substr(0, comma)));
    if (entry_exempts(entry, host)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

/// RFC 3986 §2.1; what is no escape stays.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* const digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    out += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 2;
  }
  return out;
}

}  // namespace

ProxyUrl split_proxy_url(std::string_view text) {
  ProxyUrl out;
  const std::size_t begin = text.find("://") + 3;
  // A password may hold '@' as well: the last one before the path is where the host begins.
  const std::size_t at = text.substr(0, text.find_first_of("/?#", begin)).rfind('@');
  out.url = std::string(text);
  if (at != std::string_view::npos) {
    out.credentials = Secret(percent_decoded(text.substr(begin, at - begin)));
    out.url = std::string(text.substr(0, begin)) + std::string(text.substr(at + 1));
  }
  while (out.url.ends_with('/')) out.url.pop_back();
  return out;
}

EnvProxy proxy_for(std::string_view scheme, std::string_view host, const Environment& environment) {
  EnvProxy out;
  out.variable = variable_for(scheme, environment);
  if (out.variable.empty()) return out;
  std::string url = value_of(environment, out.variable);
  if (url.find("://") == std::string::npos) url = "http://" + url;
  ProxyUrl parts = split_proxy_url(url);
  out.url = std::move(parts.url);
  out.credentials = std::move(parts.credentials);
  std::string exempt = value_of(environment, "NO_PROXY");
  if (exempt.empty()) exempt = value_of(environment, "no_proxy");
  out.exempt = is_exempt(to_lower_ascii(host), exempt);
  return out;
}

Environment proxy_environment() {
  Environment out;
  for (const std::string_view name : kVariables) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value != nullptr && *value != '\0') out.emplace(name, value);
  }
  return out;
}

}  // namespace lkdoctor
