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

SweptInterval seen_at(const SweepSession& session, const Piece& piece, std::uint16_t port) {
  const std::size_t at = port - piece.ports.first;
  const bool answered = piece.rounds.answered(port), blocked = piece.rounds.blocked(port);
  SweptInterval out{port, port, "untested"};
  if (answered && !session.elsewhere(port)) {
    out.state = session.rewritten(port) ? kRewritten : "open";
  } else if (answered || (blocked && !piece.others[at])) {
    out.state = "blocked";
    out.arrived = answered || (piece.arrived && piece.arrived->marks[at]) ? 1 : 0;
    out.refused = session.refused(port) ? 1 : 0;
    if (!answered && !piece.arrived) out.why = kNotTold;
  } else if (piece.others[at]) {
    out.state = "in_use";
  } else if (piece.rounds.by_flow()) {
    out.why = kByFlow;
  } else {
    out.why = piece.why_left;
  }
  return out;
}

/// A port that is asked a few times may have lost each of them on a path that loses some: among ports that
/// were reached it was, too.
void smooth(std::vector<SweptInterval>& seen) {
  constexpr std::size_t kFew = 8;
  const auto lost = [](const SweptInterval& one) { return one.state == "blocked" && one.arrived == 0; };
  const auto reached = [](const SweptInterval& one) { return one.state == "blocked" && one.arrived > 0; };
  for (std::size_t i = 0; i < seen.size();) {
    std::size_t end = i;
    while (end < seen.size() && lost(seen[end])) ++end;
    const bool beside = (i > 0 && reached(seen[i - 1])) || (end < seen.size() && reached(seen[end]));
    for (std::size_t k = i; beside && end - i < kFew && k < end; ++k) seen[k].arrived = 1;
    i = std::max(end, i + 1);
  }
}

}  // namespace

void leave_untested(PortSweep& out, const proto::Ports& ports, std::string_view why) {
  add(out, {ports.first, ports.last, "untested", 0, 0, std::string(why)});
}

void take_down(const Piece& piece, SweepSession& session, PortSweep& out, std::vector<std::uint16_t>& open) {
  const SweepRounds& rounds = piece.rounds;
  std::vector<SweptInterval> seen;
  for (std::size_t i = 0; i < piece.ports.size(); ++i) {
    const auto port = static_cast<std::uint16_t>(piece.ports.first + i);
    seen.push_back(seen_at(session, piece, port));
    if (seen.back().state == "open" || seen.back().state == kRewritten) open.push_back(port);
  }
  smooth(seen);
  out.tallied = piece.arrived.has_value() && (out.tallied || out.intervals.empty());
  for (SweptInterval& one : seen) add(out, std::move(one));
  session.tell_rewritten(piece.ports);
  out.rounds = std::max(out.rounds, rounds.rounds());
  out.new_flows += static_cast<int>(rounds.new_flows());
  out.new_flows_lost += static_cast<int>(rounds.new_flows_lost());
  if (rounds.good_pace() > 0) out.rate_pps = rounds.good_pace();
  if (rounds.loss_ratio()) out.loss_ratio = rounds.loss_ratio();
  out.first_loss = std::max(out.first_loss, rounds.first_loss());
}

}  // namespace lkdoctor::probes
