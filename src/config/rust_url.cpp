// SPDX-License-Identifier: EUPL-1.2
// https://url.spec.whatwg.org/ (§4.4 URL parsing, §3.5 host parsing), as the crate `url` implements it.
#include "config/rust_url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <optional>
#include <vector>

namespace lkdoctor::config {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

RustUrl refused(std::string_view why) {
  RustUrl url;
  url.error = why;
  return url;
}

/// "Remove any leading and trailing C0 control or space", "remove all ASCII tab or newline".
std::string cleaned(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= 0x20) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20) text.remove_suffix(1);
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != '\t' && c != '\n' && c != '\r'; });
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escaped) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// §3.5 "IPv4 number parser": decimal, octal with a leading 0, hexadecimal with 0x.
std::optional<std::uint64_t> ipv4_number(std::string_view part) {
  if (part.empty()) return std::nullopt;
  int base = 10;
  if (part.size() >= 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X')) {
    part.remove_prefix(2);
    base = 16;
  } else if (part.size() >= 2 && part[0] == '0') {
    part.remove_prefix(1);
    base = 8;
  }
  if (part.empty()) return 0;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, base);
  if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> parts_of(std::string_view host) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = host.find('.');
    parts.push_back(host.substr(0, dot));
    if (dot == std::string_view::npos) break;
    host.remove_prefix(dot + 1);
  }
  if (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  return parts;
}

/// §3.5 "ends-in-a-number checker": such a host is an IPv4 address or nothing.
bool ends_in_number(const std::vector<std::string_view>& parts) {
  const std::string_view last = parts.back();
  if (last.empty()) return false;
  return std::all_of(last.begin(), last.end(), is_digit) ||
         ((last.starts_with("0x") || last.starts_with("0X")) && ipv4_number(last));
}

std::optional<std::string> ipv4_text(const std::vector<std::string_view>& parts) {
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = ipv4_number(parts[i]);
    const bool last = i + 1 == parts.size();
    const std::uint64_t limit = last ? std::uint64_t{1} << (8 * (5 - parts.size())) : 256;
    if (!number || *number >= limit) return std::nullopt;
    address += last ? *number : *number << (8 * (3 - i));
  }
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += std::to_string(address >> static_cast<unsigned>(shift) & 255U);
    if (shift > 0) out += '.';
  }
  return out;
}

/// Sets host or error.
void read_special_host(std::string_view text, RustUrl& url) {
  if (text.starts_with('[')) {
    const std::string inner(text.size() > 2 ? text.substr(1, text.size() - 2) : "");
    std::array<unsigned char, 16> bytes{};
    const bool whole = text.ends_with(']') && inner.find('\0') == std::string::npos;
    if (!whole || inet_pton(AF_INET6, inner.c_str(), bytes.data()) != 1) {
      url.error = "invalid IPv6 address";
    }
    url.host = to_lower_ascii(inner);
    return;
  }
  const std::string host = to_lower_ascii(percent_decoded(text));
  constexpr std::string_view kForbidden = " #/:<>?@[\\]^|%";
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || kForbidden.find(c) != std::string_view::npos) {
      url.error = "invalid international domain name";
      return;
    }
  }
  if (host.empty()) {
    url.error = "empty host";
    return;
  }
  const auto name = ascii_host(host);
  if (!name) {
    url.error = "invalid international domain name";
    return;
  }
  const auto parts = parts_of(*name);
  const auto address = ends_in_number(parts) ? ipv4_text(parts) : name;
  if (!address) {
    url.error = "invalid IPv4 address";
    return;
  }
  url.host = *address;
}

void read_port(std::string_view digits, RustUrl& url) {
  if (digits.empty()) return;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value > 65535) {
    url.error = "invalid port number";
    return;
  }
  const bool tls = url.scheme == "https" || url.scheme == "wss";
  const unsigned usual = url.scheme == "ftp" ? 21 : tls ? 443 : 80;
  url.port = static_cast<std::uint16_t>(value == usual ? 0 : value);
}

void read_authority(std::string_view authority, RustUrl& url) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.credentials = true;
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  read_special_host(authority.substr(0, colon), url);
  if (url.error.empty() && colon != std::string_view::npos) read_port(authority.substr(colon + 1), url);
}

}  // namespace

RustUrl read_as_rust_url(std::string_view text) {
  const std::string clean = cleaned(text);
  const std::size_t colon = clean.find(':');
  const auto in_scheme = [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  const bool has_scheme =
      colon != std::string::npos && colon > 0 && is_alpha(clean[0]) &&
      std::all_of(clean.begin(), clean.begin() + static_cast<std::ptrdiff_t>(colon), in_scheme);
  if (!has_scheme) return refused("relative URL without a base");

  RustUrl url;
  url.repaired = clean.size() != text.size();
  url.scheme = to_lower_ascii(clean.substr(0, colon));
  constexpr std::array<std::string_view, 5> kSpecial{"http", "https", "ws", "wss", "ftp"};
  url.special = std::find(kSpecial.begin(), kSpecial.end(), url.scheme) != kSpecial.end();
  std::string_view rest = std::string_view(clean).substr(colon + 1);
  if (!url.special) {
    url.accepted = true;
    url.path = rest;
    return url;
  }
  const std::size_t slashes = std::min(rest.find_first_not_of("/\\"), rest.size());
  url.repaired = url.repaired || rest.substr(0, slashes) != "//";
  rest.remove_prefix(slashes);
  const std::size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
  read_authority(rest.substr(0, end), url);
  if (!url.error.empty()) return refused(url.error);
  rest.remove_prefix(end);
  const std::size_t tail = std::min(rest.find_first_of("?#"), rest.size());
  url.query_or_fragment = tail != rest.size();
  url.path = rest.substr(0, tail);
  if (url.path.empty()) url.path = "/";
  url.accepted = true;
  return url;
}

}  // namespace lkdoctor::config
