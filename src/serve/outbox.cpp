// SPDX-License-Identifier: EUPL-1.2
#include "serve/outbox.hpp"

#include <algorithm>

namespace lkdoctor::serve {

bool is_blind(const std::map<std::string, TargetState>& states) {
  constexpr std::size_t kEnough = 3;
  return states.size() >= kEnough && std::ranges::all_of(states, [](const auto& one) {
           return one.second.verdict == Verdict::broken || one.second.verdict == Verdict::unknown;
         });
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
