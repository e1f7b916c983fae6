// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_rounds.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <random>

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

std::vector<std::uint16_t> range(int first, int last) {
  std::vector<std::uint16_t> out(static_cast<std::size_t>(last - first + 1));
  std::iota(out.begin(), out.end(), static_cast<std::uint16_t>(first));
  return out;
}

/// A path: which ports answer, what is lost by chance, how many a second it carries.
struct Path {
  std::function<bool(int port)> open = [](int) { return true; };
  double loss = 0;
  double carries = 1e9;
  std::mt19937 random{7};

  bool passes(double pace) {
    const double kept = std::min(1.0, carries / pace) * (1 - loss);
    return std::uniform_real_distribution<>(0, 1)(random) < kept;
  }

  SweepResult run(const SweepRound& round) {
    SweepResult result;
    for (const std::uint16_t port : round.ports) {
      if (open(port) && passes(round.pace)) result.answered.push_back(port);
    }
    for (std::size_t i = 0; i < round.controls.size(); ++i)
      result.controls_answered += passes(round.pace) ? 1U : 0U;
    const auto all = static_cast<double>(round.ports.size() + round.controls.size());
    result.took = Microseconds(static_cast<int>(all / round.pace * 1e6));
    return result;
  }
};

struct Outcome {
  int open = 0, blocked = 0, undecided = 0, wrong = 0, rounds = 0;
  double seconds = 0;
};

Outcome sweep(Path path, int first = 20000, int last = 25000) {
  SweepRounds rounds(range(first, last), {17881});
  Outcome out;
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

TEST_CASE("sweep: without a port that surely answers, silence decides nothing") {
  SweepRounds rounds(range(20000, 20100), {});
  REQUIRE(rounds.next());
  rounds.ended({});
  CHECK_FALSE(rounds.next());
  CHECK_FALSE(rounds.blocked(20050));
}
