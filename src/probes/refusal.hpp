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

}  // namespace lkdoctor::probes
