// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/report.hpp"

namespace lkdoctor::report {

/// Ports of LiveKit's UDP range that are in the same state.
struct RangeInterval {
  std::uint32_t from = 0, to = 0;
  std::string state;  ///< "open", "blocked", "in_use", "untested" (contract §4)
};

/// The UDP range in ascending order, where a responder told of every port; else empty.
std::vector<RangeInterval> range_of(const Report& report);

}  // namespace lkdoctor::report
