// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <string_view>

namespace lkdoctor::serve {

/// A stage that has a metric: `check` tells of it as `name`. Labels are never a check's own words, so that a
/// new word there makes no new series.
struct PhaseRow {
  std::string_view check, name;       ///< in a report
  std::string_view phase, transport;  ///< labels
};

inline constexpr std::array kPhases{
    PhaseRow{"names_public", "resolve", "resolve", "signalling"},
    PhaseRow{"tls_public", "connect", "connect", "signalling"},
    PhaseRow{"tls_public", "tls", "tls", "signalling"},
    PhaseRow{"http_public", "answers", "http", "signalling"},
    PhaseRow{"signalling_join", "upgrade", "upgrade", "signalling"},
    PhaseRow{"signalling_join", "first message", "join", "signalling"},
    PhaseRow{"signalling_join", "leave", "leave", "signalling"},
    PhaseRow{"media_udp", "signalling", "join", "udp"},
    PhaseRow{"media_udp", "ice", "ice", "udp"},
    PhaseRow{"media_udp", "dtls", "dtls", "udp"},
    PhaseRow{"media_loop", "udp", "call", "udp"},
    PhaseRow{"tcp_ice", "connect", "connect", "tcp"},
    PhaseRow{"media_tcp", "signalling", "join", "tcp"},
    PhaseRow{"media_tcp", "ice", "ice", "tcp"},
    PhaseRow{"media_tcp", "dtls", "dtls", "tcp"},
    PhaseRow{"media_loop", "tcp", "call", "tcp"},
};

}  // namespace lkdoctor::serve
