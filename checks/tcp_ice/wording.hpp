// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/finding.hpp>
#include <string>
#include <string_view>

#include "observation.hpp"

namespace lkdoctor::checks::tcp_ice {

/// Why an address was looked at.
std::string_view why(Role role);

struct Saying {
  const FindingDef* definition = nullptr;  ///< nullptr: the state is no finding
  std::string sentence;
};
Saying saying_for(State state, const std::string& where, std::uint16_t port);

}  // namespace lkdoctor::checks::tcp_ice
