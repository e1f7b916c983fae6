// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <set>

#include "probes/sweep_rounds.hpp"

/// Sweeps over a path that is made up.
namespace lkdoctor::probes::sweep_test {

inline std::vector<std::uint16_t> range(int first, int last) {
  std::vector<std::uint16_t> out(static_cast<std::size_t>(last - first + 1));
  std::iota(out.begin(), out.end(), static_cast<std::uint16_t>(first));
  return out;
}

/// A path: which ports answer, what is lost by chance, how many a second it carries (to the range alone, if
/// not to all), and what it does with flows: it may hold some at most, or lose every third one for good.
struct Path {
  std::function<bool(int port)> open = [](int) { return true; };
  double loss = 0;
  double carries = 1e9;
  int busy_rounds = 1'000'000;  // of the first ones alone that holds
  bool carries_own = false;
  std::size_t table = 1'000'000;
  bool dead_link = false;
  std::vector<proto::Ports> slices = {};     // one of them answers at a time; none: all do
  std::function<bool(int port)> taken = {};  // by somebody else, who does not answer
  std::mt19937 random{7};
  std::set<std::pair<int, int>> flows = {};  // by socket and port
  int socket = 0, rounds = 0;

  bool passes(double pace, int port) {
    const bool free = carries_own && port == 17881;
    const double kept = (free || rounds > busy_rounds ? 1.0 : std::min(1.0, carries / pace)) * (1 - loss);
    return std::uniform_real_distribution<>(0, 1)(random) < kept;
  }

  bool lets_in(bool fresh, int port) {
    const std::pair flow{fresh ? socket : 0, port};
    if (dead_link && std::hash<int>{}(flow.first * 7919 + port * 31) % 3 == 0 && port != 17881) return false;
    if (flows.contains(flow)) return true;
    if (flows.size() >= table) return false;
    flows.insert(flow);
    return true;
  }

  SweepResult run(const SweepRound& round) {
    SweepResult result;
    ++rounds;
    for (const SweepVolley& volley : round) result.add(send(volley));
    return result;
  }

  bool answers(int port, std::size_t slice) const {
    const auto number = static_cast<std::uint16_t>(port);
    if (taken && taken(port)) return false;
    return port == 17881 || (open(port) && (slices.empty() || slices[slice].has(number)));
  }

  SweepResult send(const SweepVolley& round) {
    SweepResult result;
    if (round.fresh) ++socket;
    std::vector<std::uint16_t> ports = round.ports;
    std::ranges::shuffle(ports, random);
    for (const std::uint16_t port : ports) {
      if (taken && taken(port)) result.closed.push_back(port);
      const bool in = lets_in(round.fresh, port);
      if (in && answers(port, round.slice) && passes(round.pace, port)) result.answered.push_back(port);
    }
    for (const std::uint16_t port : round.controls) {
      const bool in = lets_in(round.fresh, port);
      if (!in || !answers(port, round.slice) || !passes(round.pace, port)) continue;
      ++result.controls_answered;
      result.answered.push_back(port);
    }
    const auto all = static_cast<double>(round.ports.size() + round.controls.size());
    result.took = Microseconds(static_cast<int>(all / round.pace * 1e6));
    return result;
  }
};

struct Outcome {
  int open = 0, blocked = 0, undecided = 0, wrong = 0, rounds = 0;
  bool by_flow = false;
  double seconds = 0, pace = 0;
};

/// For what may still come, after each volley; less where nothing was lost: all controls came back.
inline constexpr double kWaiting = 0.05, kWaitingForNothing = 0.02;

inline std::vector<proto::Ports> slices_of(int first, int last) {
  std::vector<proto::Ports> out;
  for (; first <= last; first += 500)
    out.push_back(
        {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(std::min(last, first + 499))});
  return out;
}

inline Outcome sweep(Path path, int first = 20000, int last = 25000) {
  SweepRounds rounds({range(first, last), {17881}, path.slices});
  Outcome out;
  path.lets_in(false, 17881);  // greeted before
  while (const auto round = rounds.next()) {
    for (const SweepVolley& one : *round) {
      out.seconds += static_cast<double>(one.ports.size() + one.controls.size()) / one.pace;
      out.seconds += path.slices.empty() || path.loss > 0 ? kWaiting : kWaitingForNothing;
    }
    rounds.ended(path.run(*round));
  }
  for (int port = first; port <= last; ++port) {
    const auto number = static_cast<std::uint16_t>(port);
    const bool blocked = rounds.blocked(number), open = rounds.answered(number);
    (open ? out.open : blocked ? out.blocked : out.undecided) += 1;
    if ((blocked && path.open(port)) || (open && !path.open(port))) ++out.wrong;
  }
  out.rounds = rounds.rounds();
  out.by_flow = rounds.by_flow();
  out.pace = rounds.good_pace();
  return out;
}

}  // namespace lkdoctor::probes::sweep_test
