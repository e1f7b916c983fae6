// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <cstdint>

/// The wall clock of this machine, since 1970 (UTC). It may be wrong; check `clock_local` says so.
namespace lkdoctor {

template <class Unit>
std::int64_t wall_clock() {
  return std::chrono::floor<Unit>(std::chrono::system_clock::now()).time_since_epoch().count();
}

inline std::int64_t wall_ms() {
  return wall_clock<std::chrono::milliseconds>();
}

inline std::int64_t wall_seconds() {
  return wall_clock<std::chrono::seconds>();
}

/// As the port test sends them.
inline std::uint32_t wall_minutes() {
  return static_cast<std::uint32_t>(wall_clock<std::chrono::minutes>());
}

}  // namespace lkdoctor
