// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <cmath>
#include <lkdoctor/probes/clock_ladder.hpp>

using namespace lkdoctor;
using namespace lkdoctor::probes;

namespace {

/// Answers as LiveKit does whose clock is `offset` seconds ahead, 20 ms away.
void answer(std::vector<LadderStep>& steps, double offset, std::int64_t sent_ms) {
  for (LadderStep& step : steps) {
    step.sent_at_ms = sent_ms;
    step.received_at_ms = sent_ms + 20;
    const double server = static_cast<double>(sent_ms + 10) / 1000.0 + offset;
    step.accepted = static_cast<double>(step.not_before - 60) <= server &&
                    server < static_cast<double>(step.expires + 60);
  }
}

FirstHint hint_for(double offset) {
  if (offset < -90) return FirstHint::too_early;
  return offset >= 120 ? FirstHint::too_late : FirstHint::accepted;
}

struct Measured {
  ClockBounds bounds;
  std::size_t rounds = 0, refused = 0;
};

Measured measure(double offset, std::int64_t now_ms, bool with_date) {
  const std::int64_t now = now_ms / 1000;
  std::vector<LadderStep> all = first_steps(hint_for(offset), now);
  answer(all, offset, now_ms);
  Measured out;
  out.rounds = 1;
  const std::optional<double> guess = with_date ? std::optional(std::floor(offset)) : std::nullopt;
  while (out.rounds < 4) {
    std::vector<LadderStep> next = finer_steps(bounds_of(all), guess, now);
    if (next.empty()) break;
    answer(next, offset, now_ms + 50);
    all.insert(all.end(), next.begin(), next.end());
    ++out.rounds;
  }
  out.bounds = bounds_of(all);
  for (const LadderStep& step : all) out.refused += step.accepted == false;
  return out;
}

}  // namespace

TEST_CASE("a right clock is proved right to a second in one round, without one refusal") {
  for (const std::int64_t now : {1'700'000'000'000, 1'700'000'000'450, 1'700'000'000'970}) {
    const Measured measured = measure(0.0, now, false);
    CHECK(measured.rounds == 1);
    CHECK(measured.refused == 0);
    REQUIRE(measured.bounds.settled());
    CHECK(std::abs(*measured.bounds.middle()) <= 0.6);
  }
}

TEST_CASE("every offset is found to a second in at most two rounds when the Date header is LiveKit's") {
  for (const double offset : {-86400.3, -3600.0, -301.2, -95.5, -90.0, -61.0, -7.3, 0.4, 3.0, 59.9, 61.0,
                              90.0, 119.0, 125.0, 3600.7, 86400.0, 30'000'000.0}) {
    CAPTURE(offset);
    const Measured measured = measure(offset, 1'700'000'000'300, true);
    CHECK(measured.rounds <= 2);
    REQUIRE(measured.bounds.settled());
    CHECK(std::abs(*measured.bounds.middle() - offset) <= 1.0);
  }
}

TEST_CASE("without a usable Date a far clock takes one round more") {
  for (const double offset : {-86400.3, -3600.0, -301.2, 200.0, 3600.7, 86400.0}) {
    CAPTURE(offset);
    const Measured measured = measure(offset, 1'700'000'000'300, false);
    CHECK(measured.rounds <= 4);
    REQUIRE(measured.bounds.settled());
    CHECK(std::abs(*measured.bounds.middle() - offset) <= 1.0);
  }
}

TEST_CASE("one token a second halves what is left, to 10 ms and with few refusals") {
  for (const double offset : {-90.3, -7.251, -0.999, -0.5, 0.0, 0.004, 0.37, 3.0, 59.9, 90.123, 3600.707}) {
    for (const std::int64_t begin : {1'700'000'000'000, 1'700'000'000'515}) {
      CAPTURE(offset);
      const std::int64_t round_trip = 20;
      std::vector<LadderStep> steps;
      ClockBounds bounds{offset - 0.45, offset + 0.55};
      const auto second = static_cast<std::int64_t>(std::floor(offset));
      for (const std::int64_t at : {second, second + 1}) {
        std::vector<LadderStep> coarse(1);
        coarse[0].not_before = begin / 1000 + 60 + at;
        coarse[0].expires = coarse[0].not_before + 60;
        answer(coarse, offset, begin);
        steps.push_back(coarse[0]);
      }
      std::int64_t now = begin;
      std::size_t asked = 0, refused = 0;
      while (const auto next = halving_step(asked == 0 ? bounds : bounds_of(steps), now, round_trip)) {
        REQUIRE(++asked <= 12);
        REQUIRE(next->send_at_ms > now);
        REQUIRE(next->send_at_ms <= now + 1005);
        std::vector<LadderStep> one(1, next->step);
        answer(one, offset, next->send_at_ms);
        refused += one[0].accepted == false;
        now = next->send_at_ms + round_trip;
        steps.push_back(one[0]);
      }
      CHECK(refused <= 8);
      CHECK(std::abs(*bounds_of(steps).middle() - offset) <= 0.010);
      const ClockBounds sure = sure_bounds_of(steps);
      CHECK(*sure.lower <= offset);
      CHECK(*sure.upper >= offset);
      CHECK(sure.width() <= 0.031);
    }
  }
}

TEST_CASE("nothing is halved that is not bounded, or bounded well enough") {
  CHECK_FALSE(halving_step({}, 1'700'000'000'000, 20));
  CHECK_FALSE(halving_step({0.1, 0.109}, 1'700'000'000'000, 20));
  CHECK_FALSE(halving_step({0.2, 0.1}, 1'700'000'000'000, 20));
}

TEST_CASE("answers that say nothing about time bound nothing") {
  std::vector<LadderStep> steps = first_steps(FirstHint::accepted, 1'700'000'000);
  CHECK_FALSE(bounds_of(steps).settled());
  CHECK_FALSE(bounds_of(steps).middle());
  CHECK(finer_steps(bounds_of(steps), 1.0, 1'700'000'000).empty());
}

TEST_CASE("a Date header is read, and nothing else is taken for one") {
  const auto date = [](const std::string& text) { return date_of({200, {{"date", text}}, ""}); };
  CHECK(date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK_FALSE(date("Sunday, 06-Nov-94 08:49:37 GMT"));
  CHECK_FALSE(date("Sun, 06 Nox 1994 08:49:37 GMT"));
  CHECK_FALSE(date(""));
}
