// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_rounds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <set>

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

std::vector<std::uint16_t> range(int first, int last) {
  std::vector<std::uint16_t> out(static_cast<std::size_t>(last - first + 1));
  std::iota(out.begin(), out.end(), static_cast<std::uint16_t>(first));
  return out;
}

/// A path: which ports answer, what is lost by chance, how many a second it carries, and what it does with
/// flows: it may hold some at most, or lose every third one for good.
struct Path {
  std::function<bool(int port)> open = [](int) { return true; };
  double loss = 0;
  double carries = 1e9;
  std::size_t table = 1'000'000;
  bool dead_link = false;
  std::mt19937 random{7};
  std::set<std::pair<int, int>> flows = {};  // by socket and port
  int socket = 0;

  bool passes(double pace) {
    const double kept = std::min(1.0, carries / pace) * (1 - loss);
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
    if (round.fresh) ++socket;
    std::vector<std::uint16_t> ports = round.ports;
    std::ranges::shuffle(ports, random);
    for (const std::uint16_t port : ports) {
      const bool in = lets_in(round.fresh, port);
      if (in && open(port) && passes(round.pace)) result.answered.push_back(port);
    }
    for (const std::uint16_t port : round.controls)
      result.controls_answered += lets_in(round.fresh, port) && passes(round.pace) ? 1U : 0U;
    const auto all = static_cast<double>(round.ports.size() + round.controls.size());
    result.took = Microseconds(static_cast<int>(all / round.pace * 1e6));
    return result;
  }
};

struct Outcome {
  int open = 0, blocked = 0, undecided = 0, wrong = 0, rounds = 0;
  bool by_flow = false;
  double seconds = 0;
};

Outcome sweep(Path path, int first = 20000, int last = 25000) {
  SweepRounds rounds(range(first, last), {17881});
  Outcome out;
  path.lets_in(false, 17881);  // greeted before
  while (const auto round = rounds.next()) {
    out.seconds += static_cast<double>(round->ports.size() + round->controls.size()) / round->pace;
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
  return out;
}

}  // namespace

TEST_CASE("sweep: where all is open, one round is enough") {
  const Outcome out = sweep({});
  CHECK(out.open == 5001);
  CHECK(out.rounds == 1);
}

TEST_CASE("sweep: a closed interval is found to the port, with little loss and with much") {
  for (const double loss : {0.0, 0.02, 0.1}) {
    Path path;
    path.open = [](int port) { return port < 22000 || port > 22999; };
    path.loss = loss;
    const Outcome out = sweep(path);
    CHECK(out.wrong == 0);
    CHECK(out.blocked == 1000);
    CHECK(out.undecided == 0);
  }
}

TEST_CASE("sweep: single closed ports among open ones are found") {
  Path path;
  path.open = [](int port) { return port % 97 != 0; };
  path.loss = 0.02;
  const Outcome out = sweep(path);
  CHECK(out.wrong == 0);
  CHECK(out.undecided == 0);
}

TEST_CASE("sweep: where nothing answers but the responder's own port, it is soon sure") {
  Path path;
  path.open = [](int) { return false; };
  const Outcome out = sweep(path);
  CHECK(out.blocked == 5001);
  CHECK(out.seconds < 1.0);
}

TEST_CASE("sweep: on a slow line no open port is called blocked") {
  Path path;
  path.carries = 2700;
  const Outcome out = sweep(path);
  CHECK(out.open == 5001);
  CHECK(out.wrong == 0);
}

TEST_CASE("sweep: a strict rate limit slows it down, and no open port is called blocked") {
  Path path;
  path.carries = 200;
  const Outcome out = sweep(path, 20000, 20400);
  CHECK(out.wrong == 0);
  CHECK(out.blocked == 0);
}

TEST_CASE("sweep: a path that loses nearly everything decides nothing") {
  Path path;
  path.loss = 0.97;
  const Outcome out = sweep(path, 20000, 20200);
  CHECK(out.wrong == 0);
}

TEST_CASE("sweep: where a connection table on the way is full, silent ports are not blocked") {
  for (const std::size_t table : {1U, 50U, 1000U, 3000U, 4096U, 4990U}) {
    for (const double loss : {0.0, 0.05}) {
      Path path;
      path.table = table;
      path.loss = loss;
      const Outcome out = sweep(path);
      CHECK_MESSAGE(out.by_flow, table);
      CHECK(out.wrong == 0);
      CHECK(out.blocked == 0);
    }
  }
}

TEST_CASE("sweep: where one of several links is dead, flows are lost in no order, and no port is blocked") {
  Path path;
  path.dead_link = true;
  const Outcome out = sweep(path);
  CHECK(out.by_flow);
  CHECK(out.blocked == 0);
}

TEST_CASE("sweep: with loss, new flows are lost no more than old ones, and what is closed is told") {
  for (unsigned seed = 1; seed < 40; ++seed) {
    Path path;
    path.open = [](int port) { return port < 22000 || port > 22999; };
    path.loss = 0.1;
    path.random.seed(seed);
    const Outcome out = sweep(path);
    CHECK_FALSE(out.by_flow);
    CHECK(out.wrong == 0);
    CHECK(out.blocked == 1000);
  }
}

TEST_CASE("sweep: without a port that surely answers, silence decides nothing") {
  SweepRounds rounds(range(20000, 20100), {});
  REQUIRE(rounds.next());
  rounds.ended({});
  CHECK_FALSE(rounds.next());
  CHECK_FALSE(rounds.blocked(20050));
}
