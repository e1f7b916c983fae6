// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor {

/// An http, https, ws or wss URL in its parts. `parse_url` repairs nothing.
struct Url {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case, IPv6 without brackets, never empty; an international name as xn--…
  std::uint16_t port = 0;
  bool port_given = false;
  std::string path;  ///< as given; "" or begins with '/'

  bool tls() const noexcept { return scheme == "https" || scheme == "wss"; }
  /// The same place as http or https.
  std::string http() const;
  /// The same place as ws or wss.
  std::string websocket() const;
  /// Path of this URL with `suffix` ("/rtc") appended; exactly one slash between them.
  std::string path_of(std::string_view suffix) const;
  /// "host:port", IPv6 in brackets.
  std::string authority() const;
};

/// nullopt: no scheme of the four, no host, a port out of range, or not a URL (RFC 3986) at all. The host may
/// be an international name.
std::optional<Url> parse_url(std::string_view text);

/// Why `parse_url` refuses it, to go behind the quoted text: "has a port out of range, 99999; …".
std::string why_no_url(std::string_view text);

/// A host name as DNS has it (IDNA 2008, non-transitional, mapped as browsers do): "bücher.example" becomes
/// "xn--bcher-kva.example". nullopt: no such name can exist.
std::optional<std::string> ascii_host(std::string_view host);

/// The text of a URL without user and password; also of one that `parse_url` refuses.
std::string without_credentials(std::string_view url);

struct HostPort {
  std::string host;  ///< IPv6 without brackets
  std::uint16_t port = 0;
};
/// "host:port", "[2001:db8::1]:port"; without a port `default_port`, and nullopt if that is 0. A scheme, a
/// path, white space, an IPv6 address without brackets before a port: nullopt.
std::optional<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port = 0);

/// A host name for sentences: an internationalised one in both forms, "xn--mnchen-3ya.example
/// (münchen.example)".
std::string shown_host(std::string_view host);

}  // namespace lkdoctor
