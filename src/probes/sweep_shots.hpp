// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/sweep_rounds.hpp"

namespace lkdoctor::probes {

struct Shot {
  std::uint16_t port;
  bool control;
};

/// Controls evenly among the others: they meet the same path at the same time. Mixed, so that what is lost
/// together for a moment are not neighbours: these would look like a rule of a firewall. A control is the
/// last: its answer tells that what was sent before has arrived, too.
std::vector<Shot> shots_of(const SweepVolley& volley);

}  // namespace lkdoctor::probes
