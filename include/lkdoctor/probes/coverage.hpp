// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstddef>
#include <string>

namespace lkdoctor::probes {

/// What sessions on random ports say of a whole range: LiveKit picks a port at random for each of them.
struct Coverage {
  std::size_t seen = 0;     ///< different ports
  std::size_t blocked = 0;  ///< of these
  /// Parts of the range that can be blocked, each bound at 95 % (Clopper and Pearson). REQUIRES: seen > 0.
  double at_least() const, at_most() const;
  /// "52 of 5001 ports seen, none blocked: at most 5.6 % of the range can be blocked, at 95 %".
  std::string text(std::size_t range) const;
};

}  // namespace lkdoctor::probes
