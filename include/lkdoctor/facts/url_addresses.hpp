// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// Where a URL leads: every address its host has here, pinned ones instead of them.
struct UrlAddresses {
  std::string url;  ///< as configured
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  std::string path;                    ///< "" or begins with '/'
  std::vector<std::string> addresses;  ///< never empty
};
LKDOCTOR_JSON(UrlAddresses, url, host, port, tls, path, addresses)

/// Given by names_public and names_service as soon as one address is known.
inline constexpr Fact<UrlAddresses> public_addresses{"public_addresses", "addresses of public_url"};
inline constexpr Fact<UrlAddresses> service_addresses{"service_addresses", "addresses of service_url"};

}  // namespace lkdoctor::facts
