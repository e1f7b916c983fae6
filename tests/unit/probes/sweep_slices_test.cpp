// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_slices.hpp"

#include <doctest/doctest.h>

#include "sweep_path.hpp"

using namespace lkdoctor;
using namespace lkdoctor::probes;
using namespace lkdoctor::probes::sweep_test;

namespace {

Path sliced() {
  Path path;
  path.slices = slices_of(20000, 25000);
  return path;
}

}  // namespace

TEST_CASE("slices: ports are told apart by slice; without slices they answer together") {
  const SweepSlices slices(slices_of(20000, 21000));
  const auto parts = slices.parts({20000, 20499, 20500, 21000});
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].ports == std::vector<std::uint16_t>{20000, 20499});
  CHECK(parts[2].slice == 2);
  CHECK(slices.fullest({20000, 20500, 20501}).slice == 1);
  CHECK(SweepSlices({}).parts({20000, 25000}).size() == 1);
}

TEST_CASE("slices: a few of them are the first, the last and one between, of those that have many") {
  const SweepSlices slices(slices_of(20000, 25000));
  CHECK(slices.in_few({20000, 20500, 21000, 21500, 22000}) ==
        std::vector<std::uint16_t>{20000, 21000, 22000});
  CHECK(slices.in_few({20000, 20500, 20501, 20502, 21000, 21500, 22000}) ==
        std::vector<std::uint16_t>{20500, 20501, 20502});
  CHECK(slices.in_few({20000, 25000}) == std::vector<std::uint16_t>{20000, 25000});
}

TEST_CASE("sliced sweep: where all is open, each slice is asked once") {
  const Outcome out = sweep(sliced());
  CHECK(out.open == 5001);
  CHECK(out.rounds == 1);
}

TEST_CASE("sliced sweep: where nothing answers but the responder's own port, it is soon sure") {
  for (const double loss : {0.0, 0.01, 0.05}) {
    Path path = sliced();
    path.open = [](int) { return false; };
    path.loss = loss;
    const Outcome out = sweep(path);
    CHECK(out.blocked == 5001);
    CHECK_MESSAGE(out.seconds < (loss > 0 ? 8.0 : 1.4), out.seconds);
  }
}

TEST_CASE("sliced sweep: before any port is called blocked, each slice with silent ports is asked slowly") {
  SweepRounds rounds({range(20000, 25000), {17881}, slices_of(20000, 25000)});
  Path path = sliced();
  path.open = [](int) { return false; };
  std::set<std::size_t> slowly;
  while (const auto round = rounds.next()) {
    for (const SweepVolley& one : *round) {
      CHECK_FALSE(one.controls.empty());
      if (one.pace <= 2'500) slowly.insert(one.slice);
    }
    if (slowly.size() < 11) CHECK_FALSE(rounds.blocked(22222));
    rounds.ended(path.run(*round));
  }
  CHECK(slowly.size() == 11);
  CHECK(rounds.blocked(22222));
}

TEST_CASE("sliced sweep: few open ports of many are told with all that are closed") {
  using Few = std::set<int>;
  for (const Few& few : {Few{20000}, Few{22345}, Few{25000}, Few{20003, 21117, 21118, 23990, 24999}}) {
    for (const double loss : {0.0, 0.01, 0.05}) {
      for (unsigned seed = 1; seed < 20; ++seed) {
        Path path = sliced();
        path.open = [&](int port) { return few.contains(port); };
        path.loss = loss;
        path.random.seed(seed);
        const Outcome out = sweep(path);
        CHECK(out.wrong == 0);
        CHECK(out.undecided == 0);
        CHECK(out.open == static_cast<int>(few.size()));
      }
    }
  }
}

TEST_CASE("sliced sweep: what is closed of one slice, of three, or in no order is found to the port") {
  const auto whole_slice = [](int port) { return port < 21000 || port > 21499; };
  const auto three = [](int port) { return port < 22000 || port > 23100; };
  const auto single = [](int port) { return port % 97 != 0; };
  for (const auto& open : std::vector<std::function<bool(int)>>{whole_slice, three, single}) {
    for (const double loss : {0.0, 0.01, 0.05}) {
      for (unsigned seed = 1; seed < 10; ++seed) {
        Path path = sliced();
        path.open = open;
        path.loss = loss;
        path.random.seed(seed);
        const Outcome out = sweep(path);
        CHECK(out.wrong == 0);
        CHECK(out.undecided == 0);
      }
    }
  }
}

TEST_CASE(
    "sliced sweep: on a slow line, or where the range alone is limited, no open port is called blocked") {
  for (const double carries : {20.0, 100.0, 2700.0}) {
    for (const bool carries_own : {false, true}) {
      Path path = sliced();
      path.carries = carries;
      path.carries_own = carries_own;
      const Outcome out = sweep(path);
      CHECK(out.wrong == 0);
      CHECK(out.blocked == 0);
      if (carries > 1000) CHECK_MESSAGE(out.undecided == 0, out.rounds);
    }
  }
}

TEST_CASE("sliced sweep: where new flows are lost, silent ports are not blocked") {
  for (const std::size_t table : {1U, 50U, 1000U, 4096U, 4990U}) {
    Path path = sliced();
    path.table = table;
    const Outcome out = sweep(path);
    CHECK_MESSAGE(out.by_flow, table);
    CHECK(out.blocked == 0);
  }
  Path path = sliced();
  path.dead_link = true;
  const Outcome out = sweep(path);
  CHECK(out.by_flow);
  CHECK(out.blocked == 0);
}

TEST_CASE("sliced sweep: ports that somebody else has are no silent ones") {
  Path path = sliced();
  path.taken = [](int port) { return port >= 23000 && port < 23600; };
  Outcome out = sweep(path);
  CHECK(out.open == 4401);
  CHECK(out.blocked == 0);
  CHECK(out.rounds == 1);
  path.open = [](int) { return false; };
  out = sweep(path);
  CHECK(out.blocked == 4401);
  CHECK(out.undecided == 600);
}
