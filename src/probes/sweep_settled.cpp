// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_settled.hpp"

#include <algorithm>

namespace lkdoctor::probes::sweep {
namespace {

using Intervals = std::vector<SweptInterval>;

std::uint32_t size_of(const SweptInterval& one) {
  return one.to - one.from + 1;
}

bool is_lost(const SweptInterval& one) {
  return one.state == "blocked" && one.arrived == 0;
}

bool follows(const SweptInterval& one, const SweptInterval& before) {
  return before.to + 1 == one.from;
}

/// From `begin` on without a gap.
std::size_t end_of_run(const Intervals& all, std::size_t begin, bool (*belongs)(const SweptInterval&)) {
  std::size_t end = begin;
  while (end < all.size() && belongs(all[end]) && (end == begin || follows(all[end], all[end - 1]))) ++end;
  return end;
}

std::uint32_t ports_of(const Intervals& all, std::size_t begin, std::size_t end) {
  return begin == end ? 0 : all[end - 1].to - all[begin].from + 1;
}

/// A port that is asked a few times may have lost each of them on a path that loses some: among ports that
/// came further it did, too.
void raise_few(Intervals& all, bool (*lost)(const SweptInterval&), bool (*further)(const SweptInterval&),
               void (*raise)(SweptInterval&)) {
  constexpr std::uint32_t kFew = 8;
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t end = end_of_run(all, i, lost);
    const bool beside =
        end > i && ((i > 0 && follows(all[i], all[i - 1]) && further(all[i - 1])) ||
                    (end < all.size() && follows(all[end], all[end - 1]) && further(all[end])));
    if (beside && ports_of(all, i, end) < kFew)
      std::for_each(all.begin() + static_cast<std::ptrdiff_t>(i),
                    all.begin() + static_cast<std::ptrdiff_t>(end), raise);
    i = std::max(end, i + 1);
  }
}

bool is_lost_before_host(const SweptInterval& one) {
  return is_lost(one) && one.why == kBeforeHost;
}
bool is_blocked_at_host(const SweptInterval& one) {
  return one.state == "blocked" && one.why == kAtHost;
}
void came_to_host(SweptInterval& one) {
  one.why = kAtHost;
}
bool is_blocked_and_arrived(const SweptInterval& one) {
  return one.state == "blocked" && one.arrived > 0;
}
void arrived_all(SweptInterval& one) {
  one.arrived = static_cast<int>(size_of(one));
  one.why.clear();
}

bool may_be_taken(const SweptInterval& one) {
  return is_lost(one) && (one.why == kAtHost || one.why.empty());
}

/// Docker has a port for each that it publishes. LiveKit's own are single ones among others, and are not
/// there before a session is.
void leave_held(Intervals& all) {
  for (std::size_t i = 0; i < all.size();) {
    const std::size_t end = end_of_run(all, i, may_be_taken);
    std::uint32_t held = 0;
    for (std::size_t k = i; k < end; ++k) held += static_cast<std::uint32_t>(all[k].held);
    for (std::size_t k = i; held > 0 && 2 * held >= ports_of(all, i, end) && k < end; ++k)
      all[k] = {all[k].from, all[k].to, "untested", 0, 0, std::string(kTakenAtHost)};
    i = std::max(end, i + 1);
  }
}

}  // namespace

void append(Intervals& all, SweptInterval one) {
  // What arrived and what did not are two intervals: they have two causes.
  const bool goes_on = !all.empty() && follows(one, all.back()) && all.back().state == one.state &&
                       all.back().why == one.why && (all.back().arrived > 0) == (one.arrived > 0);
  if (!goes_on) {
    all.push_back(std::move(one));
    return;
  }
  SweptInterval& last = all.back();
  last.to = one.to;
  last.arrived += one.arrived;
  last.refused += one.refused;
  last.held += one.held;
}

Intervals settled(Intervals all) {
  raise_few(all, is_lost_before_host, is_blocked_at_host, came_to_host);
  raise_few(all, is_lost, is_blocked_and_arrived, arrived_all);
  leave_held(all);
  Intervals out;
  for (SweptInterval& one : all) append(out, std::move(one));
  return out;
}

}  // namespace lkdoctor::probes::sweep
