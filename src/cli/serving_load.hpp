// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "engine/plan.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::cli {

/// Which checks of a target run how often, and which do not.
struct Schedule {
  struct Entry {
    const CheckInfo* check;
    Milliseconds every{0};
  };
  struct LeftOut {
    std::string check, reason;
  };
  std::vector<Entry> entries;  ///< the most frequent first
  std::vector<LeftOut> left_out;
  bool spares = true;  ///< its most frequent runs have something to do that is not answered with 401
};
/// From the target's module: what its checks need runs with them. REQUIRES: the target's vantage is settled.
Schedule schedule_of(const serve::Target& target, const engine::CheckList& checks);

/// What a target causes at its LiveKit in an hour.
struct HourlyLoad {
  double joins = 0, rooms = 0;
  double unauthorized = 0;  ///< answers 401
  HourlyLoad& operator+=(const HourlyLoad& other);
};
/// An estimate: LiveKit is in order, shows without a refusal, and each URL has one address.
HourlyLoad load_of(const Schedule& schedule, const Deployment& deployment);

}  // namespace lkdoctor::cli
