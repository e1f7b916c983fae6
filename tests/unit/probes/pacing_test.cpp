// SPDX-License-Identifier: EUPL-1.2
#include "probes/pacing.hpp"

#include <doctest/doctest.h>

using lkdoctor::probes::Pacing;

TEST_CASE("pacing: what was missed is not made up for in one burst") {
  Pacing fast(1e9);  // millions are due by the time that it is asked
  CHECK(fast.due(0) <= 64);
  CHECK(fast.due(64) <= 128);
}

TEST_CASE("pacing: one is due at once, and no more before its time") {
  Pacing slow(0.01);
  CHECK(slow.due(0) == 1);
  CHECK(slow.due(1) == 1);
}
