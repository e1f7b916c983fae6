// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>

namespace lkdoctor {

/// Deadlines and durations. Never the wall clock.
using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

/// The wall clock of this machine, seconds since 1970 (UTC). It may be wrong; check `clock_local` says so.
using WallSeconds = std::chrono::sys_seconds;

/// `when` but never later than `limit`.
inline Deadline earlier(Deadline when, Deadline limit) {
  return when < limit ? when : limit;
}

}  // namespace lkdoctor
