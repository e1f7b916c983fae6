// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/finding.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

/// Somebody in front refuses in LiveKit's stead.
struct Refusal {
  std::string why;     ///< "it asks for a login"
  std::string change;  ///< "": the finding's own remedy
  Confidence sure = Confidence::proven;
};
std::optional<Refusal> refusal_of(const Asked& asked);

/// The remedy where somebody in front takes an upgrade and LiveKit never sees it.
inline constexpr const char* kForwardUpgrades =
    "Find what answers the upgrade in front of LiveKit, and forward /rtc and everything below it to "
    "LiveKit's "
    "port 7880";

}  // namespace lkdoctor::probes
