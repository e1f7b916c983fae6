// SPDX-License-Identifier: EUPL-1.2
#include "serve/agenda.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using Time = Clock::time_point;
using Names = std::vector<std::string>;

namespace {

const Time kZero = Time{} + 1000h;

std::vector<Lane> lanes() {
  return {{{"http_public", "names_public"}, 15s, false},
          {{"signalling_join"}, 5min, true},
          {{"media_loop"}, 15min, true},
          {{"tls_public"}, 1h, false}};
}

Appointment target(std::string name, std::string livekit = {}) {
  if (livekit.empty()) livekit = name;
  return {std::move(name), std::move(livekit), lanes(), "1"};
}

std::vector<Appointment> many(int count) {
  std::vector<Appointment> out;
  for (int at = 0; at < count; ++at) out.push_back(target("lk" + std::to_string(at)));
  return out;
}

struct Started {
  Milliseconds at{0};
  DueRun run;
};

/// Plays the time from `from` to `to` as the program would, each run taking `took`.
std::vector<Started> play(Agenda& agenda, Time from, Time to, Milliseconds took = 200ms) {
  std::vector<Started> out;
  std::vector<std::pair<Time, std::string>> ends;
  for (Time now = from; now <= to;) {
    for (DueRun& run : agenda.due(now)) {
      ends.emplace_back(now + took, run.target);
      out.push_back({std::chrono::duration_cast<Milliseconds>(now - kZero), std::move(run)});
    }
    Time wake = agenda.next().value_or(to + 1s);
    for (const auto& [end, name] : ends) wake = std::min(wake, end);
    now = std::max(now, wake);
    std::erase_if(ends, [&](const auto& one) {
      if (one.first > now) return false;
      agenda.ended(one.second, now);
      return true;
    });
  }
  return out;
}

bool has(const DueRun& run, std::string_view check) {
  return std::ranges::find(run.checks, check) != run.checks.end();
}

std::ptrdiff_t runs_with(const std::vector<Started>& runs, std::string_view check) {
  return std::ranges::count_if(runs, [&](const Started& one) { return has(one.run, check); });
}

}  // namespace

TEST_CASE("the first run of a lone target starts at once, takes everything and may be refused") {
  Agenda agenda(1);
  agenda.appoint({target("a")}, kZero);
  CHECK(agenda.next() == kZero);
  const auto runs = agenda.due(kZero);
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].target == "a");
  CHECK(runs[0].checks ==
        Names{"http_public", "media_loop", "names_public", "signalling_join", "tls_public"});
  CHECK(runs[0].joins);
  CHECK(runs[0].refusals);
  CHECK(agenda.due(kZero + 1h).empty());  // it still runs
}

TEST_CASE("each lane runs at its interval, and never more often") {
  Agenda agenda(7);
  agenda.appoint({target("a")}, kZero);
  const auto runs = play(agenda, kZero, kZero + 4h);
  for (std::size_t at = 1; at < runs.size(); ++at) CHECK(runs[at].at - runs[at - 1].at >= 7500ms);
  CHECK(std::abs(runs_with(runs, "http_public") - 4 * 240) <= 2);
  CHECK(std::abs(runs_with(runs, "signalling_join") - 4 * 12) <= 6);  // one more with each hour's refusals
  CHECK(std::abs(runs_with(runs, "tls_public") - 5) <= 4);
}

TEST_CASE("rare lanes lie on the slots of frequent ones: one run takes what is due together") {
  Agenda agenda(7);
  agenda.appoint({target("a")}, kZero);
  const auto runs = play(agenda, kZero, kZero + 2h);
  CHECK(runs_with(runs, "http_public") == static_cast<std::ptrdiff_t>(runs.size()));
  for (const Started& one : runs) {
    if (has(one.run, "media_loop")) CHECK(has(one.run, "signalling_join"));
  }
}

TEST_CASE("refusals are asked at the start and then once an hour, never twice within one") {
  Agenda agenda(3);
  agenda.appoint({target("a")}, kZero);
  std::vector<Milliseconds> asked;
  for (const Started& one : play(agenda, kZero, kZero + 5h, 3s)) {
    if (one.run.refusals) asked.push_back(one.at);
  }
  CHECK(asked.size() == 5);
  for (std::size_t at = 1; at < asked.size(); ++at) CHECK(asked[at] - asked[at - 1] >= 1h + 3s);
}

TEST_CASE("the runs of 200 targets are spread over the interval, at the start and later") {
  Agenda agenda(42);
  agenda.appoint(many(200), kZero);
  const auto runs = play(agenda, kZero, kZero + 3min);
  std::map<std::int64_t, int> in_second;
  for (const Started& one : runs) ++in_second[one.at / 1s];
  for (const auto& [second, count] : in_second) CHECK(count <= 40);  // 13 on average
  CHECK(std::abs(static_cast<int>(runs.size()) - 200 * 12) <= 400);
}

TEST_CASE("two targets with one LiveKit never join at the same time, and the one that waited joins next") {
  Agenda agenda(5);
  agenda.appoint({target("a", "lk"), target("b", "lk"), target("c", "other")}, kZero);
  std::vector<DueRun> runs = agenda.due(kZero + 300ms);
  REQUIRE(runs.size() == 3);
  std::ranges::sort(runs, {}, &DueRun::target);
  CHECK(runs[2].joins);
  const bool first = runs[0].joins;
  CHECK(runs[1].joins != first);
  const DueRun &joined = runs[first ? 0 : 1], &waited = runs[first ? 1 : 0];
  CHECK(waited.checks == Names{"http_public", "names_public", "tls_public"});
  agenda.ended(waited.target, kZero + 1s);
  CHECK(agenda.due(kZero + 1s).empty());
  agenda.ended(joined.target, kZero + 5s);
  const auto after = agenda.due(kZero + 5s);
  REQUIRE_FALSE(after.empty());
  CHECK(after[0].target == waited.target);
  CHECK(has(after[0], "signalling_join"));
  CHECK(has(after[0], "media_loop"));
}

TEST_CASE("over hours no two of four targets join one LiveKit together, and each has its joins") {
  Agenda agenda(11);
  agenda.appoint({target("a", "lk"), target("b", "lk"), target("c", "lk"), target("d", "lk")}, kZero);
  const auto runs = play(agenda, kZero, kZero + 2h, 10s);
  std::vector<Milliseconds> joins;
  for (const Started& one : runs) {
    if (one.run.joins) joins.push_back(one.at);
  }
  for (std::size_t at = 1; at < joins.size(); ++at) CHECK(joins[at] - joins[at - 1] >= 10s);
  for (const char* name : {"a", "b", "c", "d"}) {
    const auto its = std::ranges::count_if(
        runs, [&](const Started& one) { return one.run.target == name && has(one.run, "signalling_join"); });
    CHECK(std::abs(its - 24) <= 4);
  }
}

TEST_CASE("as many joins at once as one is told may run at one LiveKit") {
  Agenda agenda(5, 2);
  agenda.appoint({target("a", "lk"), target("b", "lk"), target("c", "lk")}, kZero);
  const auto runs = agenda.due(kZero + 300ms);
  CHECK(std::ranges::count_if(runs, &DueRun::joins) == 2);
}

TEST_CASE("a target that hangs misses its own slots and nobody else's") {
  Agenda agenda(9);
  agenda.appoint(many(20), kZero);
  const auto first = agenda.due(kZero + 2s);
  REQUIRE(first.size() == 20);
  for (const DueRun& run : first) {
    if (run.target != "lk3") agenda.ended(run.target, kZero + 2s);
  }
  const auto runs = play(agenda, kZero + 2s, kZero + 10min);
  CHECK(std::ranges::none_of(runs, [](const Started& one) { return one.run.target == "lk3"; }));
  CHECK(std::abs(static_cast<int>(runs.size()) - 19 * 40) <= 38);
}

TEST_CASE("after a pause nothing is made up for and nothing bunches up") {
  Agenda agenda(42);
  agenda.appoint(many(200), kZero);
  play(agenda, kZero, kZero + 5min);
  const Time back = kZero + 3h;
  const auto runs = play(agenda, back, back + 15s);
  CHECK(runs.size() <= 2 * 200);
  CHECK(std::abs(runs_with(runs, "media_loop") - 200) <= 20);  // each once
  std::map<std::int64_t, int> in_second;
  for (const Started& one : runs) ++in_second[one.at / 1s];
  for (const auto& [second, count] : in_second) CHECK(count <= 60);
}

TEST_CASE("a late caller within two seconds changes no slot") {
  Agenda one(8), other(8);
  for (Agenda* agenda : {&one, &other}) {
    agenda->appoint({target("a")}, kZero);
    agenda->due(kZero);
    agenda->ended("a", kZero);
  }
  const Time slot = one.next().value();
  CHECK(one.due(slot).size() == 1);
  CHECK(other.due(slot + 1900ms).size() == 1);
  one.ended("a", slot + 2s);
  other.ended("a", slot + 2s);
  CHECK(one.next() == other.next());
}

TEST_CASE("a reload keeps the times of what has not changed, and runs at once what has") {
  Agenda agenda(4);
  agenda.appoint({target("a"), target("b"), target("gone")}, kZero);
  play(agenda, kZero, kZero + 1min);
  Agenda before = agenda;
  Appointment changed = target("b");
  changed.revision = "2";
  agenda.appoint({target("a"), changed, target("new")}, kZero + 61s);
  const auto runs = agenda.due(kZero + 61s + 100ms);
  std::vector<std::string> names;
  for (const DueRun& run : runs) names.push_back(run.target);
  std::ranges::sort(names);
  std::erase(names, "a");
  CHECK(names == Names{"b", "new"});
  for (const DueRun& run : runs) agenda.ended(run.target, kZero + 62s);
  const auto kept = play(agenda, kZero + 62s, kZero + 10min);
  const auto same = play(before, kZero + 62s, kZero + 10min);
  const auto times_of_a = [](const std::vector<Started>& all) {
    std::vector<Milliseconds> out;
    for (const Started& started : all) {
      if (started.run.target == "a") out.push_back(started.at);
    }
    return out;
  };
  CHECK(times_of_a(kept) == times_of_a(same));
  CHECK(std::ranges::none_of(kept, [](const Started& started) { return started.run.target == "gone"; }));
}

TEST_CASE("a target that was removed while it joined holds its LiveKit until its run has ended") {
  Agenda agenda(4);
  agenda.appoint({target("old", "lk")}, kZero);
  REQUIRE(agenda.due(kZero).size() == 1);
  agenda.appoint({target("new", "lk")}, kZero + 1s);
  const auto runs = agenda.due(kZero + 1s);
  REQUIRE(runs.size() == 1);
  CHECK_FALSE(runs[0].joins);
  agenda.ended("new", kZero + 2s);
  agenda.ended("old", kZero + 3s);
  const auto after = agenda.due(kZero + 3s);
  REQUIRE(after.size() == 1);
  CHECK(after[0].joins);
}

TEST_CASE("to make sure, the next run takes all lanes; six times an hour at most, and without refusals") {
  Agenda agenda(4);
  agenda.appoint({target("a")}, kZero);
  agenda.due(kZero);
  agenda.ended("a", kZero + 1s);
  int whole = 0;
  Time now = kZero + 1s;
  for (int round = 0; round < 15; ++round) {
    agenda.make_sure("a", now);
    now = agenda.next().value();
    const auto runs = agenda.due(now);
    REQUIRE(runs.size() == 1);
    whole += has(runs[0], "media_loop") && has(runs[0], "tls_public") ? 1 : 0;
    CHECK_FALSE(runs[0].refusals);
    agenda.ended("a", now + 1s);
  }
  CHECK(whole == 6);
}

TEST_CASE("after a change refusals are asked at the next run, within the hour too") {
  Agenda agenda(4);
  agenda.appoint({target("a")}, kZero);
  agenda.due(kZero);
  agenda.ended("a", kZero + 1s);
  agenda.changed("a");
  const auto runs = play(agenda, kZero + 1s, kZero + 10min);
  CHECK(runs.front().run.refusals);
  CHECK(std::ranges::count_if(runs, [](const Started& one) { return one.run.refusals; }) == 1);
}

TEST_CASE("who asks now gets a run without joins, and none beside another run of the target") {
  Agenda agenda(4);
  agenda.appoint({target("a")}, kZero);
  const auto run = agenda.start_now("a", lanes());
  REQUIRE(run);
  CHECK(run->checks == Names{"http_public", "names_public", "tls_public"});
  CHECK_FALSE(run->joins);
  CHECK_FALSE(run->refusals);
  CHECK_FALSE(agenda.start_now("a", lanes()));
  CHECK_FALSE(agenda.start_now("b", lanes()));
  CHECK(agenda.due(kZero + 1s).empty());
  agenda.ended("a", kZero + 1s);
  CHECK_FALSE(agenda.start_now("a", {{{"media_loop"}, 15min, true}}));
  CHECK(agenda.due(kZero + 1s).size() == 1);
}

TEST_CASE("without targets nothing is ever due") {
  Agenda agenda(1);
  agenda.appoint({}, kZero);
  CHECK_FALSE(agenda.next());
  CHECK(agenda.due(kZero + 1h).empty());
  agenda.ended("a", kZero);
  agenda.make_sure("a", kZero);
  agenda.changed("a");
}
