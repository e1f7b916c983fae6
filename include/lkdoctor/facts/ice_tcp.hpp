// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// Where LiveKit's ICE/TCP port was looked for. Given by tcp_ice.
struct IceTcp {
  std::vector<std::string> answering;  ///< addresses at which LiveKit's ICE/TCP multiplexer itself answers
  std::vector<std::string> silent;     ///< addresses at which it does not
};
LKDOCTOR_JSON(IceTcp, answering, silent)
inline constexpr Fact<IceTcp> ice_tcp{"ice_tcp", "addresses at which LiveKit's ICE/TCP port answers"};

}  // namespace lkdoctor::facts
