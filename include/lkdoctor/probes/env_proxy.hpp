// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lkdoctor::probes {

/// What the environment does to requests for one URL, as reqwest (the controller's HTTP library) reads it.
struct EnvProxy {
  std::string variable;          ///< "HTTPS_PROXY"; empty: none applies
  std::string url;               ///< without credentials
  bool exempt = false;           ///< NO_PROXY names the host
  bool has_credentials = false;  ///< it had some
  bool applies() const { return !variable.empty() && !exempt; }
};

/// Pure: `environment` by variable name.
EnvProxy proxy_for(std::string_view scheme, std::string_view host,
                   const std::map<std::string, std::string, std::less<>>& environment);

/// The variables that matter, of this process.
std::map<std::string, std::string, std::less<>> proxy_environment();

}  // namespace lkdoctor::probes
