// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_piece.hpp"

#include <algorithm>

#include "probes/sweep_settled.hpp"

namespace lkdoctor::probes {
namespace {

/// Of a port that is_lost().
std::string_view where_lost(const Piece& piece, std::size_t at) {
  if (!piece.arrived) return kNotTold;
  if (!piece.at_host.at_interface) return "";
  return (*piece.at_host.at_interface)[at] ? kAtHost : kBeforeHost;
}

SweptInterval seen_at(const SweepSession& session, const Piece& piece, std::uint16_t port) {
  const bool others = piece.others[port];
  const bool answered = piece.rounds.answered(port), blocked = piece.rounds.blocked(port);
  SweptInterval out{port, port, "untested"};
  if (answered && !session.elsewhere(port)) {
    out.state = session.rewritten(port) ? kRewritten : "open";
  } else if (answered || (blocked && !others)) {
    out.state = "blocked";
    out.arrived = answered || (piece.arrived && piece.arrived->marks[port - piece.ports.first]) ? 1 : 0;
    out.refused = session.refused(port) ? 1 : 0;
    if (piece.is_lost(port)) out.why = where_lost(piece, port - piece.ports.first);
    out.held = !piece.at_host.held.empty() && piece.at_host.held[port - piece.ports.first] ? 1 : 0;
  } else if (others) {
    out.state = "in_use";
  } else if (piece.unopened[port]) {
    out.why = kUnopened;
  } else if (piece.rounds.by_flow()) {
    out.why = kByFlow;
  } else {
    out.why = piece.why_left;
  }
  return out;
}

}  // namespace

bool Piece::is_lost(std::uint16_t port) const {
  return rounds.blocked(port) && !rounds.answered(port) && !(arrived && arrived->marks[port - ports.first]);
}

bool Piece::has_lost() const {
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (is_lost(static_cast<std::uint16_t>(ports.first + i))) return true;
  }
  return false;
}

void Piece::except_livekits(const Deployment& deployment) {
  if (at_host.held.empty()) return;
  const auto except = [this](std::size_t from, std::size_t to) {
    for (std::size_t port = std::max<std::size_t>(from, ports.first);
         port <= std::min<std::size_t>(to, ports.last); ++port)
      at_host.held[port - ports.first] = false;
  };
  const std::optional<LiveKitSettings>& livekit = deployment.livekit;
  if (livekit && livekit->udp && livekit->udp_is_mux) except(livekit->udp->first, livekit->udp->last);
  if (!deployment.run.carried) return;
  for (const OwnedPorts& one : deployment.run.carried->udp_in_use) {
    if (one.owner == "livekit-server") except(one.from, one.to);
  }
}

void take_down(const Piece& piece, SweepSession& session, PortSweep& out, std::vector<std::uint16_t>& open) {
  out.tallied = piece.arrived.has_value() && (out.tallied || out.intervals.empty());
  for (std::size_t i = 0; i < piece.ports.size(); ++i) {
    const auto port = static_cast<std::uint16_t>(piece.ports.first + i);
    SweptInterval seen = seen_at(session, piece, port);
    if (seen.state == "open" || seen.state == kRewritten) open.push_back(port);
    sweep::append(out.intervals, std::move(seen));
  }
  out.kept = out.kept || (piece.arrived && piece.arrived->some_kept);
  session.tell_rewritten(piece.ports);
}

void take_down_pace(const SweepRounds& rounds, PortSweep& out) {
  out.rounds = rounds.rounds();
  out.new_flows = static_cast<int>(rounds.new_flows());
  out.new_flows_lost = static_cast<int>(rounds.new_flows_lost());
  if (out.fell_silent) return;  // what was lost is the responder's end, and not the path's
  out.rate_pps = rounds.good_pace();
  out.loss_ratio = rounds.loss_ratio();
  out.first_loss = rounds.first_loss();
}

}  // namespace lkdoctor::probes
