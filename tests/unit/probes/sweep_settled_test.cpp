// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_settled.hpp"

#include <doctest/doctest.h>

using namespace lkdoctor::probes;
using Intervals = std::vector<SweptInterval>;

namespace {

SweptInterval lost(std::uint32_t from, std::uint32_t to, std::string_view why = "", int held = 0) {
  return {from, to, "blocked", 0, 0, std::string(why), held};
}
SweptInterval arrived(std::uint32_t from, std::uint32_t to) {
  return {from, to, "blocked", static_cast<int>(to - from + 1), 0};
}

}  // namespace

TEST_CASE("settled sweep: a few ports that are lost among ports that arrived have arrived, too") {
  CHECK(sweep::settled({arrived(20000, 20009), lost(20010, 20016, kBeforeHost), arrived(20017, 20020)}) ==
        Intervals{arrived(20000, 20020)});
  CHECK(sweep::settled({lost(20000, 20001), arrived(20002, 20009)}) == Intervals{arrived(20000, 20009)});
}

TEST_CASE("settled sweep: eight in a row, and a few beside nothing that came further, stay as they were") {
  const Intervals eight{arrived(20000, 20009), lost(20010, 20017), arrived(20018, 20020)};
  CHECK(sweep::settled(eight) == eight);
  const Intervals beside_open{{20000, 20009, "open"}, lost(20010, 20012), {20013, 20020, "open"}};
  CHECK(sweep::settled(beside_open) == beside_open);
  const Intervals with_a_gap{arrived(20000, 20009), lost(20011, 20012)};
  CHECK(sweep::settled(with_a_gap) == with_a_gap);
}

TEST_CASE("settled sweep: what came to the host beside a few that did not is one interval") {
  CHECK(sweep::settled({lost(20000, 20009, kAtHost), lost(20010, 20010, kBeforeHost),
                        lost(20011, 20020, kAtHost)}) == Intervals{lost(20000, 20020, kAtHost)});
}

TEST_CASE("settled sweep: a silent run of which somebody else on that host has half was not tested") {
  const Intervals untested{{20000, 20009, "untested", 0, 0, std::string(kTakenAtHost)}};
  CHECK(sweep::settled({lost(20000, 20009, kAtHost, 5)}) == untested);
  CHECK(sweep::settled({lost(20000, 20004, kAtHost, 5), lost(20005, 20009, "", 0)}) == untested);
  const Intervals fewer{lost(20000, 20009, kAtHost, 4)};
  CHECK(sweep::settled(fewer) == fewer);
  const Intervals before_host{lost(20000, 20009, kBeforeHost, 10)};
  CHECK(sweep::settled(before_host) == before_host);
}
