// SPDX-License-Identifier: EUPL-1.2
#include "serve/board.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/findings.hpp>

#include "serve/settling.hpp"
#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using Names = std::vector<std::string>;

namespace {

constexpr const FindingDef* kRange[] = {&findings::udp_range_filtered, &findings::packet_loss_high};
constexpr std::string_view kAddresses[] = {"addresses", "proxy"};

const engine::CheckList& both_checks() {
  static const engine::CheckList list = [] {
    engine::CheckList out;
    test::add_check(out, "media_udp", SideEffect::join, {}, {}, kRange);
    test::add_check(out, "names_public", SideEffect::none, {}, kAddresses);
    return out;
  }();
  return list;
}

Finding finding_of(const Json& observation) {
  const std::string id = observation.value("finding", "");
  Finding finding(id == "packet-loss-high" ? findings::packet_loss_high : findings::udp_range_filtered,
                  observation.value("subject", "198.51.100.23"));
  return finding.graded(observation.value("warning", false) ? Severity::warning : Severity::failure);
}

/// An observation is `{"finding": id}` or nothing bad; every finding is a root cause.
Report judged(const std::string& target, const Recording& merged) {
  Report report;
  report.target = target;
  report.started_ms = merged.started_ms;
  report.duration = merged.duration;
  for (const auto& [id, collected] : merged.collected) {
    CheckResult result;
    result.id = id;
    result.outcome = collected.observation ? Outcome::pass : Outcome::unknown;
    if (collected.observation && collected.observation->contains("finding")) {
      const Finding finding = finding_of(*collected.observation);
      result.outcome = finding.severity == Severity::failure ? Outcome::fail : Outcome::warn;
      result.findings.push_back({finding, std::nullopt});
      report.diagnoses.push_back({finding, {}});
    }
    report.checks.push_back(std::move(result));
  }
  report.verdict = verdict_of(report.checks);
  return report;
}

Watched watched(std::string name, std::string revision = "1") {
  return {std::move(name), {"media_udp", "names_public"}, {}, 45s, std::move(revision)};
}

Collected good() {
  return {Json::object(), "", Microseconds(1000), {}, {}};
}
Collected bad(std::string_view finding = "udp-range-filtered") {
  return {Json{{"finding", finding}}, "", Microseconds(1000), {}, {}};
}

/// The time goes on by 15 s with each run.
class Runs {
 public:
  explicit Runs(int to_tell = 3) : board(both_checks(), judged, to_tell) { board.watch({watched("a")}, now); }

  Board::Taken media(Collected collected) {
    Recording recording;
    recording.collected["media_udp"] = std::move(collected);
    return end(std::move(recording));
  }
  Board::Taken names() {
    Recording recording;
    recording.collected["names_public"] = good();
    return end(std::move(recording));
  }
  Board::Taken end(Recording recording) {
    now += 15s;
    ms += 15'000;
    recording.started_ms = ms - 200;
    recording.side_effects = {1, 2, 3, 1};
    return board.take("a", {"run" + std::to_string(++count), std::move(recording), ms, now});
  }
  std::string samples(Metric metric) {
    return std::string(board.blocks().front()->samples(metric, TextFormat::openmetrics));
  }

  Clock::time_point now = Clock::time_point{} + 1000h;
  std::int64_t ms = 1'795'334'400'000;
  int count = 0;
  Board board;
};

}  // namespace

TEST_CASE("a run replaces the results and facts of the checks that it ran, and keeps the others") {
  Merged merged;
  Recording first;
  first.started_ms = 1;
  first.collected = {{"media_udp", bad()}, {"names_public", good()}};
  first.facts = {{"addresses", 1}, {"proxy", 2}, {"of nobody", 3}};
  merge(merged, first, 10, both_checks());
  CHECK(merged.recording.facts == std::map<std::string, Json>{{"addresses", 1}, {"proxy", 2}});
  Recording second;
  second.started_ms = 2;
  second.collected["names_public"] = good();
  second.facts = {{"addresses", 4}};
  merge(merged, second, 20, both_checks());
  CHECK(merged.recording.started_ms == 2);
  CHECK(merged.recording.facts == std::map<std::string, Json>{{"addresses", 4}});
  CHECK(merged.recording.collected.at("media_udp").observation->contains("finding"));
  CHECK(merged.ended_ms == std::map<std::string, std::int64_t>{{"media_udp", 10}, {"names_public", 20}});
}

TEST_CASE("a check that was skipped takes its old result with it, and one that runs again its skip") {
  Merged merged;
  Recording first, second;
  first.collected["media_udp"] = bad();
  merge(merged, first, 10, both_checks());
  second.skipped["media_udp"] = "needs join_response, which signalling_join should have given";
  merge(merged, second, 20, both_checks());
  CHECK(merged.recording.collected.empty());
  CHECK(merged.recording.skipped.size() == 1);
  merge(merged, first, 30, both_checks());
  CHECK(merged.recording.skipped.empty());
  CHECK(merged.recording.collected.size() == 1);
}

TEST_CASE("of a run that was interrupted only what ended by itself counts") {
  Merged merged;
  Recording first, cut;
  first.collected["media_udp"] = good();
  merge(merged, first, 10, both_checks());
  cut.interrupted = true;
  cut.collected["media_udp"] = {std::nullopt, "stopped", Microseconds(5), {}, {}};
  cut.collected["names_public"] = good();
  merge(merged, cut, 20, both_checks());
  CHECK(merged.recording.collected.at("media_udp").observation);
  CHECK(merged.ended_ms == std::map<std::string, std::int64_t>{{"media_udp", 10}, {"names_public", 20}});
}

TEST_CASE("the first good state is there at once, and is known without being news") {
  Runs runs;
  CHECK(runs.board.report("a") == nullptr);
  CHECK(runs.samples(Metric::probe_success) == "probe_success{target=\"a\"} 0\n");
  const auto taken = runs.media(good());
  CHECK(taken.settled);
  REQUIRE(taken.events.size() == 1);
  CHECK(taken.events.front().kind == Event::Kind::known);
  CHECK(taken.events.front().ever_judged);
  CHECK(runs.media(good()).events.empty());
  REQUIRE(runs.board.report("a") != nullptr);
  CHECK(runs.samples(Metric::probe_success) == "probe_success{target=\"a\"} 1\n");
}

TEST_CASE("a failure is in the metrics at once, and told when three runs of its check saw it") {
  Runs runs;
  runs.media(good());
  auto taken = runs.media(bad());
  CHECK_FALSE(taken.settled);
  CHECK(taken.events.empty());
  CHECK(runs.samples(Metric::diagnosis) ==
        "lkdoctor_diagnosis{target=\"a\",finding=\"udp-range-filtered\",severity=\"failure\"} 1\n");
  const std::int64_t since = runs.ms - 200;
  CHECK(runs.media(bad()).events.empty());
  taken = runs.media(bad());
  CHECK(taken.settled);
  REQUIRE(taken.events.size() == 1);
  const Event& event = taken.events.front();
  CHECK(event.kind == Event::Kind::changed);
  CHECK(event.target == "a");
  CHECK(event.before == Verdict::healthy);
  CHECK(event.now == Verdict::broken);
  CHECK(event.since_ms == since);
  CHECK(event.at_ms == runs.ms);
  CHECK(event.run == "run4");
  CHECK(event.appeared ==
        std::vector<Standing>{{{"udp-range-filtered", Severity::failure}, "198.51.100.23", since}});
  CHECK(event.resolved.empty());
  CHECK(runs.media(bad()).events.empty());
}

TEST_CASE("runs of other checks, which judge an old observation again, prove nothing") {
  Runs runs;
  runs.media(good());
  runs.names();
  runs.media(bad());
  for (int run = 0; run < 10; ++run) {
    const auto taken = runs.names();
    CHECK_FALSE(taken.settled);
    CHECK(taken.events.empty());
  }
}

TEST_CASE("one lost join makes no event, and nothing has changed since") {
  Runs runs;
  runs.media(good());
  const std::int64_t since = runs.board.verdict_since_ms("a");
  CHECK(runs.media(bad()).events.empty());
  const auto taken = runs.media(good());
  CHECK(taken.settled);
  CHECK(taken.events.empty());
  CHECK(runs.board.verdict_since_ms("a") == since);
  CHECK(runs.samples(Metric::diagnosis) ==
        "lkdoctor_diagnosis{target=\"a\",finding=\"udp-range-filtered\",severity=\"failure\"} 0\n");
}

TEST_CASE("a failure that pauses for a run is there since its beginning") {
  Runs runs;
  for (int run = 0; run < 3; ++run) runs.media(bad());
  const auto before = runs.board.causes("a");
  const std::int64_t since = runs.board.verdict_since_ms("a");
  runs.media(good());
  CHECK(runs.board.causes("a").empty());
  runs.media(bad());
  CHECK(runs.board.causes("a") == before);
  CHECK(runs.board.verdict_since_ms("a") == since);
}

TEST_CASE("the end of a failure and a change of its cause are told as well") {
  Runs runs;
  for (int run = 0; run < 3; ++run) runs.media(bad());
  std::vector<Event> events;
  for (int run = 0; run < 3; ++run) events = runs.media(bad("packet-loss-high")).events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].before == Verdict::broken);
  CHECK(events[0].now == Verdict::broken);
  CHECK(events[0].appeared.front().cause.finding == "packet-loss-high");
  CHECK(events[0].resolved.front().cause.finding == "udp-range-filtered");
  for (int run = 0; run < 3; ++run) events = runs.media(good()).events;
  REQUIRE(events.size() == 1);
  CHECK(events[0].now == Verdict::healthy);
  CHECK(events[0].appeared.empty());
  CHECK(events[0].resolved.front().cause.finding == "packet-loss-high");
}

TEST_CASE("what never lasts is told once as flapping, and again only after a state that lasted") {
  Runs runs;
  runs.media(good());
  for (int run = 0; run < 3; ++run) runs.media(bad());
  int flapping = 0, others = 0;
  const auto count = [&](const Board::Taken& taken) {
    for (const Event& event : taken.events) ++(event.kind == Event::Kind::flapping ? flapping : others);
  };
  for (int round = 0; round < 40; ++round) {
    count(runs.media(good()));
    count(runs.media(bad("packet-loss-high")));
  }
  CHECK(flapping == 1);
  CHECK(others == 0);
  for (int run = 0; run < 3; ++run) count(runs.media(good()));
  CHECK(others == 1);
}

TEST_CASE("a target of which no run ends is stale, and no longer when one ends") {
  Runs runs;
  runs.media(good());
  runs.board.age(runs.now + 45s);
  CHECK_FALSE(runs.board.is_stale("a"));
  runs.board.age(runs.now + 46s);
  CHECK(runs.board.is_stale("a"));
  CHECK(runs.samples(Metric::target_stale) == "lkdoctor_target_stale{target=\"a\"} 1\n");
  runs.media(good());
  CHECK(runs.samples(Metric::target_stale) == "lkdoctor_target_stale{target=\"a\"} 0\n");
}

TEST_CASE("totals add up, and each names the run that moved it last") {
  Runs runs;
  runs.media(good());
  runs.media(bad());
  runs.media(good());
  CHECK(runs.samples(Metric::runs) ==
        "lkdoctor_runs_total{target=\"a\"} 3 # {run_id=\"run3\"} 1 1795334445.000\n");
  CHECK(runs.samples(Metric::unhealthy_runs) ==
        "lkdoctor_unhealthy_runs_total{target=\"a\"} 1 # {run_id=\"run2\"} 1 1795334430.000\n");
  CHECK(runs.samples(Metric::joins) == "lkdoctor_joins_total{target=\"a\"} 6\n");
  CHECK(runs.samples(Metric::unauthorized) == "lkdoctor_unauthorized_answers_total{target=\"a\"} 3\n");
}

TEST_CASE("metrics of a target are rendered when its results change, and stay as they are meanwhile") {
  Runs runs;
  runs.media(good());
  const auto before = runs.board.blocks();
  runs.board.age(runs.now + 1s);
  CHECK(runs.board.blocks() == before);
  runs.media(good());
  CHECK(runs.board.blocks() != before);
}

TEST_CASE("a probe is answered with the same samples, without the target's name") {
  Runs runs;
  runs.media(bad());
  const auto block = runs.board.unlabelled("a");
  CHECK(block->series() == runs.board.blocks().front()->series());
  CHECK(block->samples(Metric::probe_success, TextFormat::prometheus) == "probe_success 0\n");
  CHECK(block->samples(Metric::verdict, TextFormat::prometheus).find("target=") == std::string_view::npos);
}

TEST_CASE("a reload keeps what is known of unchanged targets and forgets the others") {
  Runs runs;
  runs.media(bad());
  runs.board.watch({watched("b"), watched("a")}, runs.now);
  CHECK(runs.board.names() == Names{"b", "a"});
  CHECK(runs.board.report("a") != nullptr);
  CHECK(runs.board.report("b") == nullptr);
  runs.board.watch({watched("a", "2")}, runs.now);
  CHECK(runs.board.report("a") == nullptr);
  CHECK(runs.board.verdict_since_ms("a") == 0);
  CHECK(runs.board.report("gone") == nullptr);
}

TEST_CASE("an outage that many checks see once each is one change") {
  Settling settling(3);
  Report good, bad;
  std::set<std::string> ran;
  for (int i = 0; i < 10; ++i) {
    CheckResult check;
    check.id = *ran.insert("check" + std::to_string(i)).first;
    check.outcome = Outcome::pass;
    good.checks.push_back(check);
    check.outcome = Outcome::fail;
    check.findings.push_back({finding_of({{"finding", "udp-range-filtered"}}), std::nullopt});
    bad.checks.push_back(check);
  }
  CHECK(settling.take(good, ran));
  CHECK_FALSE(settling.take(bad, ran));
  CHECK(settling.flips() == 1);
  CHECK(settling.doubted() == ran);
}
