// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// Where a URL leads: every address its host has here, pinned ones instead of them. Through a forward proxy
/// the host itself is the only one: the proxy resolves it.
struct UrlAddresses {
  std::string url;  ///< as configured
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::string path;                    ///< "" or begins with '/'
  std::vector<std::string> addresses;  ///< never empty
  std::string via_proxy{};             ///< URL of the forward proxy; empty: directly
  std::vector<std::string>
      resolved{};  ///< beside a proxy, the addresses that the host has here; may be empty

  /// For what goes directly whatever HTTP does.
  const std::vector<std::string>& numeric() const { return via_proxy.empty() ? addresses : resolved; }
};
LKDOCTOR_JSON(UrlAddresses, url, host, port, tls, path, addresses, via_proxy, resolved)

/// Given by names_public and names_service as soon as one address is known.
inline constexpr Fact<UrlAddresses> public_addresses{"public_addresses", "addresses of public_url"};
inline constexpr Fact<UrlAddresses> service_addresses{"service_addresses", "addresses of service_url"};

}  // namespace lkdoctor::facts
