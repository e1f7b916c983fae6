// SPDX-License-Identifier: EUPL-1.2
#include "engine/collecting.hpp"

#include <doctest/doctest.h>

#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using engine::Collecting;
using engine::Message;
using test::Fake;
using Kind = Message::Kind;
using Names = std::vector<std::string>;

namespace {

constexpr Milliseconds kGrace{200};

/// The job of a plan of `fakes`, in that order.
struct Job : Collecting {
  explicit Job(const std::vector<const Fake*>& fakes, engine::JobOptions options = {})
      : Collecting(test::plan_of(fakes), nowhere(), kGrace, std::move(options)) {}
  static const Deployment& nowhere() {
    static const Deployment deployment;
    return deployment;
  }
};

Names names_of(const std::vector<engine::Order>& orders) {
  Names names;
  for (const engine::Order& order : orders) names.push_back(order.run);
  return names;
}

Message ended(std::string check) {
  return {Kind::observation, 0, std::move(check), "", Json{{"ok", true}}, Microseconds(5)};
}

}  // namespace

TEST_CASE("a worker knows the facts that were published in it, and a new one is told them once") {
  Fake giver("giver", nullptr), needy("needy", nullptr), later("later", nullptr);
  giver.gives({"a", "b"});
  needy.needs({"a"}).gives({"c"});
  later.needs({"b"});
  Job job({&giver, &needy, &later});
  const auto now = Clock::now();
  CHECK(names_of(job.start(now)) == Names{"giver"});
  job.hear({Kind::fact, 0, "giver", "a", Json(1), {}});
  const auto second = job.start(now);
  CHECK(names_of(second) == Names{"needy"});
  CHECK(second.at(0).facts.empty());
  job.hear({Kind::fact, 0, "giver", "b", Json(2), {}});
  CHECK(names_of(job.start(now)) == Names{"later"});
  job.start_over("giver", "crashed");
  const auto again = job.start(now);
  CHECK(names_of(again) == Names{"needy", "later"});
  CHECK(again.at(0).facts == std::map<std::string, Json>{{"a", 1}, {"b", 2}});
  CHECK(again.at(1).facts.empty());
  job.hear(ended("needy"));
  job.hear(ended("later"));
  CHECK(job.finished());
  CHECK(job.take(now).collected.at("giver").failure == "crashed");
}

TEST_CASE("what is known from the beginning is told to every worker, and is nobody's result") {
  Fake check("check", nullptr);
  engine::JobOptions options;
  options.facts.emplace("given", Json(7));
  Collecting job(test::plan_of({&check}), Job::nowhere(), kGrace, std::move(options));
  const auto now = Clock::now();
  CHECK(job.start(now).at(0).facts == std::map<std::string, Json>{{"given", 7}});
  job.start_over(std::nullopt, "crashed");
  CHECK(job.start(now).at(0).facts == std::map<std::string, Json>{{"given", 7}});
  job.hear(ended("check"));
  CHECK(job.take(now).facts.empty());
}

TEST_CASE("what is said of a check that does not run, or that the plan does not know, is ignored") {
  Fake check("check", nullptr);
  Job job({&check});
  job.hear(ended("check"));
  job.start(Clock::now());
  job.hear(ended("other"));
  CHECK(job.running() == std::vector<std::string_view>{"check"});
  job.hear({Kind::failed, 0, "check", "why", Json(), Microseconds(7)});
  job.hear({Kind::log, 0, "check", "too late", Json(), {}});
  const Recording recording = job.take(Clock::now());
  CHECK(recording.collected.size() == 1);
  CHECK(recording.collected.at("check").failure == "why");
  CHECK(recording.collected.at("check").took == Microseconds(7));
  CHECK(recording.collected.at("check").log.empty());
}

TEST_CASE("a check is given up when its budget and the grace are over, and is known to be left behind") {
  Fake check("check", nullptr);
  check.budget(Milliseconds(1'000));
  Job job({&check});
  const auto now = Clock::now();
  CHECK(job.start(now).at(0).deadline == Milliseconds(1'000));
  CHECK(job.next_wake() == now + Milliseconds(1'200));
  job.enforce_deadlines(now + Milliseconds(1'199));
  CHECK_FALSE(job.finished());
  CHECK_FALSE(job.left_behind());
  job.enforce_deadlines(now + Milliseconds(1'200));
  CHECK(job.finished());
  CHECK(job.left_behind());
  CHECK(job.take(now).collected.at("check").failure ==
        "deadline: no end within 1.0 s, and it did not react to its cancellation");
}

TEST_CASE("who asks with less patience than the deployment's deadline has an end by then") {
  Fake check("check", nullptr);
  check.budget(Milliseconds(1'000));
  engine::JobOptions options;
  options.begun = Clock::now();
  options.patience = Milliseconds(400);
  Job job({&check}, options);
  CHECK(job.start(options.begun + Milliseconds(100)).at(0).deadline == Milliseconds(300));
  job.hear(ended("check"));
  CHECK(job.take(options.begun + Milliseconds(150)).duration == Milliseconds(150));
}

TEST_CASE("a cancelled job lets what runs end within the grace and starts nothing any more") {
  Fake ends("ends", nullptr), stays("stays", nullptr), waits("waits", nullptr);
  ends.gives({"a"});
  waits.needs({"a"});
  Job job({&ends, &stays, &waits});
  const auto now = Clock::now();
  job.start(now);
  job.cancel(now);
  CHECK(job.next_wake() == now + kGrace);
  job.hear(ended("ends"));
  CHECK(job.start(now).empty());
  job.enforce_deadlines(now + kGrace);
  CHECK(job.finished());
  const Recording recording = job.take(now);
  CHECK(recording.interrupted);
  CHECK(recording.collected.at("ends").observation);
  CHECK(recording.collected.at("stays").failure == "interrupted");
  CHECK(recording.collected.at("waits").failure == "interrupted");
}

TEST_CASE("a cancelled job does not run again when its worker ends") {
  Fake check("check", nullptr);
  Job job({&check});
  job.start(Clock::now());
  job.cancel(Clock::now());
  job.start_over(std::nullopt, "crashed");
  CHECK(job.finished());
  CHECK(job.take(Clock::now()).collected.at("check").failure == "interrupted");
}
