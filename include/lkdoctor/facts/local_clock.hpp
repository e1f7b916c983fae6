// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// What one peer's Date header says against this machine's clock, halved round trip taken off.
struct DateSeen {
  std::string peer;           ///< host
  double offset_seconds = 0;  ///< peer minus this machine
};
LKDOCTOR_JSON(DateSeen, peer, offset_seconds)

/// Given by clock_local. `wrong_by_seconds` only if several peers agree against this machine.
struct LocalClock {
  std::vector<DateSeen> peers;
  std::optional<double> wrong_by_seconds;  ///< positive: this machine is behind
};
LKDOCTOR_JSON(LocalClock, peers, wrong_by_seconds)
inline constexpr Fact<LocalClock> local_clock{"local_clock", "this machine's clock against its peers"};

}  // namespace lkdoctor::facts
