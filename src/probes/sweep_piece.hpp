// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/sweep_session.hpp"

/// Ports that are swept together: a slice of a bound responder, or as many as one question may name.
namespace lkdoctor::probes {

/// What one piece has shown.
struct Piece {
  proto::Ports ports;
  const SweepRounds& rounds;
  std::vector<bool> others;                   ///< have this port, and it cannot be tested
  std::optional<proto::PortsMarked> arrived;  ///< as the responder tells
  std::string_view why_left;                  ///< of what is undecided, as of SweptInterval
};

/// Puts it into `out`, and the ports that answer into `open`.
void take_down(const Piece& piece, SweepSession& session, PortSweep& out, std::vector<std::uint16_t>& open);
/// `why`: as of SweptInterval.
void leave_untested(PortSweep& out, const proto::Ports& ports, std::string_view why);

}  // namespace lkdoctor::probes
