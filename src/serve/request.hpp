// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lkdoctor::serve {

/// One HTTP request, whole. A value; all text in it is the client's.
struct Request {
  std::string method = "GET";
  std::string path = "/";  ///< decoded, without dot segments and empty ones; begins with '/'
  std::vector<std::pair<std::string, std::string>> query;    ///< decoded, in their order
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;
  std::string authority;  ///< of the Host header or of an absolute target; "" in HTTP/1.0 without it
  Endpoint from;
  bool tls = false;

  bool only_reads() const noexcept { return method == "GET" || method == "HEAD"; }
  /// Of several headers of that name the values with ", " between them; "" if there is none.
  std::string header(std::string_view name) const;
  /// The first of that name; nullopt if there is none.
  std::optional<std::string> argument(std::string_view name) const;
};

/// What a request line names (RFC 9112 §3.2): a path with a query, or a whole http(s) URL.
struct RequestTarget {
  std::string authority;  ///< of a whole URL; else ""
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};
/// nullopt: neither form, an escape that is none, a control character or a backslash in the path, or a path
/// that leads above its root.
std::optional<RequestTarget> parse_request_target(std::string_view text);

}  // namespace lkdoctor::serve
