// SPDX-License-Identifier: EUPL-1.2
#include "sweep_path.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor;
using namespace lkdoctor::probes;
using namespace lkdoctor::probes::sweep_test;

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

TEST_CASE("sweep: few open ports of many, or one, are told with all that are closed, in seconds") {
  using Few = std::set<int>;
  for (const Few& few : {Few{20000}, Few{22345}, Few{25000}, Few{20003, 21117, 21118, 23990, 24999}}) {
    for (const double loss : {0.0, 0.05}) {
      for (unsigned seed = 1; seed < 20; ++seed) {
        Path path;
        path.open = [&](int port) { return few.contains(port); };
        path.loss = loss;
        path.random.seed(seed);
        const Outcome out = sweep(path);
        CHECK(out.wrong == 0);
        CHECK(out.undecided == 0);
        CHECK(out.open == static_cast<int>(few.size()));
        CHECK_MESSAGE(out.seconds < (loss > 0 ? 4.0 : 2.5), out.seconds);
      }
    }
  }
}

TEST_CASE("sweep: what is open outside of a short forward's end is found in seconds") {
  Path path;
  path.open = [](int port) { return port >= 24900; };
  const Outcome out = sweep(path);
  CHECK(out.wrong == 0);
  CHECK(out.blocked == 4900);
  CHECK(out.seconds < 1.5);
}

TEST_CASE("sweep: where few answers are loss, be it of the range alone, no open port is called blocked") {
  for (const double carries : {20.0, 100.0, 2700.0}) {
    for (const bool carries_own : {false, true}) {
      Path path;
      path.carries = carries;
      path.carries_own = carries_own;
      const Outcome out = sweep(path);
      CHECK(out.wrong == 0);
      CHECK(out.blocked == 0);
      if (carries > 1000) CHECK_MESSAGE(out.undecided == 0, out.rounds);
    }
  }
}

TEST_CASE("sweep: few open ports behind a line of 2 Mbit/s are told, and nothing else is called so") {
  Path path;
  path.carries = 2700;
  path.open = [](int port) { return port % 1000 == 7; };
  const Outcome out = sweep(path);
  CHECK(out.wrong == 0);
  CHECK(out.open == 5);
  CHECK(out.undecided == 0);
}

TEST_CASE("sweep: the responder's own port is none of those that were asked") {
  SweepRounds rounds({range(20000, 20100), {17881}});
  Path path;
  const auto round = rounds.next();
  REQUIRE(round);
  CHECK_FALSE(round->front().controls.empty());
  rounds.ended(path.run(*round));
  CHECK(rounds.good_pace() == round->front().pace);
  CHECK(rounds.loss_ratio() == 0.0);
  CHECK_FALSE(rounds.next());
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
  CHECK(out.pace < 300);
}

TEST_CASE("sweep: a host that is busy for a moment is no rate limit") {
  Path path;
  path.carries = 400;
  path.busy_rounds = 3;
  const Outcome out = sweep(path);
  CHECK(out.open == 5001);
  CHECK(out.pace > 500);
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
  SweepRounds rounds({range(20000, 20100), {}});
  REQUIRE(rounds.next());
  rounds.ended({});
  CHECK_FALSE(rounds.next());
  CHECK_FALSE(rounds.blocked(20050));
}
