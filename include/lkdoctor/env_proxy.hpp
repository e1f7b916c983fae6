// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/secret.hpp>
#include <map>
#include <string>
#include <string_view>

namespace lkdoctor {

/// A proxy's URL and what stood before the @ in it, percent-decoded ("user:password").
struct ProxyUrl {
  std::string url;  ///< without credentials
  Secret credentials;
};
/// REQUIRES: `text` has a scheme.
ProxyUrl split_proxy_url(std::string_view text);

/// What the environment does to requests for one URL, as reqwest (the controller's HTTP library) reads it.
struct EnvProxy {
  std::string variable;  ///< "HTTPS_PROXY"; empty: none applies
  std::string url;       ///< without credentials
  bool exempt = false;   ///< NO_PROXY names the host
  Secret credentials;
  bool applies() const { return !variable.empty() && !exempt; }
};

/// Pure: `environment` by variable name.
EnvProxy proxy_for(std::string_view scheme, std::string_view host,
                   const std::map<std::string, std::string, std::less<>>& environment);

/// The variables that matter, of this process.
std::map<std::string, std::string, std::less<>> proxy_environment();

}  // namespace lkdoctor
