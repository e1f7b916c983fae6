// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>

namespace lkdoctor::facts {

/// How far away public_url is. Given by http_public as soon as the first of its addresses answers.
struct RoundTrip {
  Microseconds connect{0};  ///< one TCP connect
};
LKDOCTOR_JSON(RoundTrip, connect)
inline constexpr Fact<RoundTrip> public_round_trip{"public_round_trip",
                                                   "time of a TCP connect to public_url"};

}  // namespace lkdoctor::facts
