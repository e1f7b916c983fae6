// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "model/report.hpp"

namespace lkdoctor::serve {

/// Which check measures a transport of media.
struct TransportRow {
  std::string_view check, transport;
};
inline constexpr std::array kTransports{TransportRow{"media_udp", "udp"}, TransportRow{"media_tcp", "tcp"},
                                        TransportRow{"turn_udp", "turn-udp"},
                                        TransportRow{"turn_tls", "turn-tls"}};

/// States of the intervals that `udp_range` tells of (contract §4).
inline constexpr std::array<std::string_view, 4> kPortResults{"open", "blocked", "in_use", "untested"};

/// Numbers out of a report's facts. Absent: not measured.
struct Readings {
  std::array<std::optional<double>, kTransports.size()> rtt_seconds, loss_ratio;
  std::array<std::optional<double>, kPortResults.size()> ports;
  std::optional<double> certificate_expiry;  ///< seconds since 1970, the earliest of both URLs
  std::optional<double> clock_skew_seconds;
  std::optional<double> external_address_match;  ///< 1 or 0
};
Readings readings_of(const Report& report);

}  // namespace lkdoctor::serve
