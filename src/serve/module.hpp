// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <string>
#include <vector>

namespace lkdoctor::serve {

/// Checks that run equally often.
struct Lane {
  std::vector<std::string> checks;  ///< ids, sorted
  Milliseconds every{0};
  bool joins = false;  ///< some of them join a room: never two at a time at one LiveKit, unless told
  friend bool operator==(const Lane&, const Lane&) = default;
};

/// A named set of checks, and how often each runs.
struct Module {
  std::string name;
  std::vector<Lane> lanes;  ///< the most frequent first; no check is in two
  friend bool operator==(const Module&, const Module&) = default;
};

}  // namespace lkdoctor::serve
