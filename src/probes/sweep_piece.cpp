// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_piece.hpp"

#include <algorithm>

namespace lkdoctor::probes {
namespace {

void add(PortSweep& out, SweptInterval one) {
  auto& all = out.intervals;
  // What arrived and what did not are two intervals: they have two causes.
  const bool goes_on = !all.empty() && all.back().to + 1 == one.from && all.back().state == one.state &&
                       all.back().why == one.why && (all.back().arrived > 0) == (one.arrived > 0);
  if (!goes_on) {
    all.push_back(std::move(one));
    return;
  }
  all.back().to = one.to;
  all.back().arrived += one.arrived;
  all.back().refused += one.refused;
}

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

/// A port that is asked a few times may have lost each of them on a path that loses some: among ports that
/// came further it did, too.
template <class Lost, class Further, class Raise>
void smooth(std::vector<SweptInterval>& seen, Lost lost, Further reached, Raise raise) {
  constexpr std::size_t kFew = 8;
  for (std::size_t i = 0; i < seen.size();) {
    std::size_t end = i;
    while (end < seen.size() && lost(seen[end])) ++end;
    const bool beside = (i > 0 && reached(seen[i - 1])) || (end < seen.size() && reached(seen[end]));
    for (std::size_t k = i; beside && end - i < kFew && k < end; ++k) raise(seen[k]);
    i = std::max(end, i + 1);
  }
}

/// Docker has a port for each that it publishes. LiveKit's own are single ones among others, and are not
/// there before a session is.
void leave_held(const Piece& piece, std::vector<SweptInterval>& seen) {
  if (piece.at_host.held.empty()) return;
  const auto may_be = [](const SweptInterval& one) {
    return one.state == "blocked" && one.arrived == 0 && (one.why == kAtHost || one.why.empty());
  };
  for (std::size_t i = 0; i < seen.size();) {
    std::size_t end = i, held = 0;
    for (; end < seen.size() && may_be(seen[end]); ++end) held += piece.at_host.held[end] ? 1 : 0;
    for (std::size_t k = i; 2 * held >= end - i && k < end; ++k)
      seen[k] = {seen[k].from, seen[k].to, "untested", 0, 0, std::string(kTakenAtHost)};
    i = std::max(end, i + 1);
  }
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
  std::vector<SweptInterval> seen;
  for (std::size_t i = 0; i < piece.ports.size(); ++i) {
    const auto port = static_cast<std::uint16_t>(piece.ports.first + i);
    seen.push_back(seen_at(session, piece, port));
    if (seen.back().state == "open" || seen.back().state == kRewritten) open.push_back(port);
  }
  const auto is_blocked = [](const SweptInterval& one) { return one.state == "blocked"; };
  smooth(
      seen, [&](const auto& one) { return is_blocked(one) && one.arrived == 0 && one.why == kBeforeHost; },
      [&](const auto& one) { return is_blocked(one) && one.why == kAtHost; },
      [](SweptInterval& one) { one.why = kAtHost; });
  smooth(
      seen, [&](const auto& one) { return is_blocked(one) && one.arrived == 0; },
      [&](const auto& one) { return is_blocked(one) && one.arrived > 0; },
      [](SweptInterval& one) {
        one.arrived = 1;
        one.why.clear();
      });
  leave_held(piece, seen);
  out.kept = out.kept || (piece.arrived && piece.arrived->some_kept);
  out.tallied = piece.arrived.has_value() && (out.tallied || out.intervals.empty());
  for (SweptInterval& one : seen) add(out, std::move(one));
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
