// SPDX-License-Identifier: EUPL-1.2
#include "serve/sparing.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/facts/key_verdict.hpp>

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

namespace {

CheckResult result(std::string id, Outcome outcome) {
  CheckResult out;
  out.id = std::move(id);
  out.outcome = outcome;
  return out;
}

Report report(Verdict verdict, Outcome signalling) {
  Report out;
  out.verdict = verdict;
  out.checks = {result("http_public", Outcome::pass), result("signalling_public", signalling)};
  return out;
}

DueRun cheap_run() {
  return {"a", {"http_public", "signalling_public"}, false, false};
}

/// What api_key has seen: the clock at 0.5 s, or none as it was spared.
Recording key_recording(bool spared) {
  Recording out;
  const Json ladder = spared ? Json::array() : Json::array({{{"accepted", true}}});
  out.collected["api_key"].observation =
      Json{{"sides", Json::array()}, {"ladder_at", spared ? "spared" : "public_url"}, {"ladder", ladder}};
  facts::KeyVerdict verdict;
  verdict.at_public_url = facts::KeyState::accepted;
  if (!spared) verdict.server_clock_offset_seconds = 0.5;
  out.facts[std::string(facts::key_verdict.name)] = verdict;
  return out;
}

}  // namespace

TEST_CASE("what lives on refusals waits while it was content, and nothing else does") {
  const Report well = report(Verdict::healthy, Outcome::pass);
  CHECK(checks_to_run(cheap_run(), &well, {}) == Names{"http_public"});
  CHECK(refusals_of(cheap_run(), &well) == facts::Refusals::none);
  const Report warned = report(Verdict::degraded, Outcome::warn);
  CHECK(checks_to_run(cheap_run(), &warned, {}) == Names{"http_public"});
}

TEST_CASE("a run that may be refused, and one of which nothing is known, take all") {
  const Report well = report(Verdict::healthy, Outcome::pass);
  DueRun hourly = cheap_run();
  hourly.refusals = true;
  CHECK(checks_to_run(hourly, &well, {}) == hourly.checks);
  CHECK(refusals_of(hourly, &well) == facts::Refusals::few);
  CHECK(checks_to_run(cheap_run(), nullptr, {}) == cheap_run().checks);
  CHECK(refusals_of(cheap_run(), nullptr) == facts::Refusals::few);
}

TEST_CASE("what is not in order, and what is about to change, is looked at in every run") {
  for (const Outcome outcome : {Outcome::fail, Outcome::unknown}) {
    const Report bad = report(Verdict::unknown, outcome);
    CHECK(checks_to_run(cheap_run(), &bad, {}) == cheap_run().checks);
  }
  const Report broken = report(Verdict::broken, Outcome::pass);
  CHECK(checks_to_run(cheap_run(), &broken, {}) == cheap_run().checks);
  const Report well = report(Verdict::healthy, Outcome::pass);
  CHECK(checks_to_run(cheap_run(), &well, {"signalling_public"}) == cheap_run().checks);
  Report before_its_first = well;
  before_its_first.checks.pop_back();
  CHECK(checks_to_run(cheap_run(), &before_its_first, {}) == cheap_run().checks);
}

TEST_CASE("a module of what lives on refusals alone runs as often as it says") {
  const Report well = report(Verdict::healthy, Outcome::pass);
  const DueRun due{"a", {"signalling_public"}, false, false};
  CHECK(checks_to_run(due, &well, {}) == Names{"signalling_public"});
}

TEST_CASE("a clock that was spared is the one that was measured before") {
  const Recording measured = key_recording(false);
  Recording run = key_recording(true);
  keep_clock(run, measured);
  const Json& kept = *run.collected.at("api_key").observation;
  CHECK(kept.at("ladder_at") == "public_url");
  CHECK(kept.at("ladder").size() == 1);
  CHECK(run.facts.at("key_verdict").at("server_clock_offset_seconds") == 0.5);
}

TEST_CASE("a clock that LiveKit did not show, and one that nobody has measured, are none") {
  Recording refused = key_recording(true);
  (*refused.collected.at("api_key").observation)["ladder_at"] = "";
  keep_clock(refused, key_recording(false));
  CHECK(refused.collected.at("api_key").observation->at("ladder").empty());
  Recording first = key_recording(true);
  keep_clock(first, Recording());
  CHECK(first.collected.at("api_key").observation->at("ladder").empty());
  CHECK(first.facts.at("key_verdict").at("server_clock_offset_seconds").is_null());
}

TEST_CASE("within an hour one run of a target in order may be refused, and that one alone") {
  const auto zero = Clock::time_point{} + 1000h;
  Agenda agenda(7);
  agenda.appoint({{"a", "a", {{{"http_public", "signalling_public"}, 15s, false}}, "1"}}, zero);
  const Report well = report(Verdict::healthy, Outcome::pass);
  const Report* known = nullptr;
  int runs = 0, refused = 0, upgrades = 0;
  for (auto now = zero; now < zero + 1h; now = std::max(now, agenda.next().value_or(zero + 1h))) {
    for (const DueRun& due : agenda.due(now)) {
      ++runs;
      refused += refusals_of(due, known) == facts::Refusals::few ? 1 : 0;
      upgrades += checks_to_run(due, known, {}) == due.checks ? 1 : 0;
      agenda.ended(due.target, now + 200ms);
      known = &well;
    }
  }
  CHECK(runs >= 240);
  CHECK(refused == 1);
  CHECK(upgrades == 1);
}
