// SPDX-License-Identifier: EUPL-1.2
#include "serve/outbox.hpp"

#include <algorithm>

namespace lkdoctor::serve {

bool is_blind(const std::map<std::string, TargetState>& states) {
  constexpr std::size_t kEnough = 3;
  constexpr std::int64_t kAtOnceMs = 600'000;  // of checks that run every few minutes
  std::vector<std::int64_t> since_ms;
  for (const auto& [target, state] : states) {
    if (state.verdict != Verdict::broken && state.verdict != Verdict::unknown) return false;
    if (state.ever_judged) since_ms.push_back(state.since_ms);
  }
  if (since_ms.size() < kEnough) return false;
  const std::int64_t newest = *std::ranges::max_element(since_ms);
  const auto at_once = static_cast<std::size_t>(
      std::ranges::count_if(since_ms, [&](std::int64_t ms) { return newest - ms <= kAtOnceMs; }));
  return at_once >= kEnough && 2 * at_once >= since_ms.size();
}

void Pace::stir(Clock::time_point now) {
  // What comes and goes must not put off the rest for ever.
  if (next_ < now) next_ = now + gather_;
}

void Pace::answered(const DeliveryResult& result, bool more, Clock::time_point now) {
  under_way_ = false;
  if (result.taken()) {
    failures_ = 0;
    // The rest of what is to be said now follows soon: a receiver must not believe that it has all.
    next_ = now + (more ? Milliseconds(std::min<Milliseconds::rep>(pause_.count(), 1000)) : pause_);
    return;
  }
  const Milliseconds wait(1000LL << std::min(failures_++, 20));
  next_ = now + std::clamp(result.retry_after.value_or(wait), Milliseconds(1000), longest_);
}

}  // namespace lkdoctor::serve
