// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>

#include "probes/sweep_host.hpp"

/// What the rounds have shown, as a report tells it.
namespace lkdoctor::probes {

/// As many ports as one question may name.
struct Piece {
  proto::Ports ports;
  const SweepRounds& rounds;
  const std::vector<bool>& others;            ///< by port: they have it, and it cannot be tested
  const std::vector<bool>& unopened;          ///< by port: there is no socket to test it
  std::optional<proto::PortsMarked> arrived;  ///< as the responder tells
  AtHost at_host;                             ///< asked where has_lost(); else empty
  std::string_view why_left;                  ///< of what is undecided, as of SweptInterval

  bool is_lost(std::uint16_t port) const;  ///< it is silent, and nothing arrived
  bool has_lost() const;
  /// LiveKit's own sockets take nothing away from a raw one: those that the host says are its own, and the
  /// mux of its file, which it has as long as it runs.
  void except_livekits(const Deployment& deployment);
};

/// Puts it into `out`, and the ports that answer into `open`.
void take_down(const Piece& piece, SweepSession& session, PortSweep& out, std::vector<std::uint16_t>& open);
/// How fast, and what was lost.
void take_down_pace(const SweepRounds& rounds, PortSweep& out);

}  // namespace lkdoctor::probes
