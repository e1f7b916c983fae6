// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <optional>

namespace lkdoctor::probes {

/// For facts whose names end in _ms; null: not measured.
inline Json milliseconds(const std::optional<Microseconds>& span) {
  return span ? Json(static_cast<double>(span->count()) / 1000) : Json();
}

}  // namespace lkdoctor::probes
