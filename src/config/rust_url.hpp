// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lkdoctor::config {

/// A text as the controller's URL type reads it: the WHATWG URL standard, which repairs a lot. Only what
/// `service_url` needs; hosts beyond ASCII are taken as they are.
struct RustUrl {
  bool accepted = false;
  std::string error;       ///< in that library's words
  std::string scheme;      ///< lower case; may be any
  bool special = false;    ///< http, https, ws, wss, ftp: the schemes that have a host
  std::string host;        ///< lower case, IPv4 in four decimal parts; empty unless special or after "//"
  std::uint16_t port = 0;  ///< 0: the scheme's default
  std::string path;        ///< begins with '/' for special schemes
  bool credentials = false;
  bool query_or_fragment = false;
  bool repaired = false;  ///< slashes were added or turned, or outer blanks were dropped
};
RustUrl read_as_rust_url(std::string_view text);

}  // namespace lkdoctor::config
