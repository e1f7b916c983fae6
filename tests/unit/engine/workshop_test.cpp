// SPDX-License-Identifier: EUPL-1.2
#include "engine/workshop.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <set>

#include "unit/engine/floor.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::collectors;
using engine::JobNumber;
using test::Fake;
using test::Floor;
using test::is_bad;
using test::tell_process;
using test::tell_process_slowly;

namespace {

const Json kGood{{"ok", true}};

int arrived = 0;  // in the worker; never in the test itself
awaitable<Json> meet_twenty(Probe&) {
  ++arrived;
  while (arrived < 20) co_await pause(Milliseconds(1));
  co_return Json(getpid());
}

awaitable<Json> leave_when_cancelled(Probe& probe) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  probe.count_request();
  throw CouldNotTell("left");
}

awaitable<Json> give_own(Probe& probe) {
  probe.publish(kNumber, is_bad(probe) ? 1 : 2);
  co_await pause(Milliseconds(1));
  co_return kGood;
}

}  // namespace

TEST_CASE("many jobs run side by side in one worker") {
  Fake check("check", meet_twenty);
  Floor floor({&check});
  std::vector<JobNumber> jobs;
  for (int job = 0; job < 20; ++job) jobs.push_back(floor.start());
  std::set<Json> processes;
  for (const JobNumber job : jobs) processes.insert(*floor.wait(job).collected.at("check").observation);
  CHECK(processes.size() == 1);
  CHECK(floor.is_idle());
}

TEST_CASE("a job that is cancelled ends as interrupted when its checks have left, and no other does") {
  Fake leaves("leaves", leave_when_cancelled), waits("waits", take), slow("slow", tell_process_slowly);
  leaves.gives({"number"});
  waits.needs({"number"});
  Floor floor({&leaves, &waits, &slow});
  const JobNumber job = floor.start(), other = floor.start_only(slow);
  floor.turn();
  floor.cancel(job);
  const Recording recording = floor.wait(job);
  CHECK(recording.interrupted);
  CHECK(recording.collected.at("leaves").failure == "interrupted");
  CHECK(recording.collected.at("waits").failure == "interrupted");
  CHECK(recording.side_effects.requests == 1);
  const Recording undisturbed = floor.wait(other);
  CHECK_FALSE(undisturbed.interrupted);
  CHECK(undisturbed.collected.at("slow").observation);
  floor.cancel(job);  // long over
  CHECK(floor.is_idle());
}

TEST_CASE("a job that is cancelled before its first order never starts") {
  Fake check("check", good);
  Floor floor({&check});
  const JobNumber job = floor.start();
  floor.cancel(job);
  CHECK(floor.wait(job).collected.at("check").failure == "interrupted");
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a check that outlives its job keeps its worker from later jobs, and not from those beside it") {
  Fake stubborn("stubborn", ignore_cancellation), quick("quick", tell_process), slow("slow", hang);
  slow.budget(Milliseconds(1'000));
  Floor floor({&stubborn, &quick, &slow});
  const Json first = floor.process(quick);
  const JobNumber job = floor.start_only(stubborn), beside = floor.start_only(slow);
  floor.turn();
  floor.cancel(job);
  CHECK(floor.wait(job).collected.at("stubborn").failure == "interrupted");
  CHECK(floor.process(quick) != first);
  const Recording recording = floor.wait(beside);
  CHECK(recording.collected.at("slow").failure == "deadline: no end within 1.0 s");
  CHECK(recording.collected.at("slow").log.empty());
  CHECK(kill(first.get<pid_t>(), 0) == -1);  // it ended with the last of its jobs
}

TEST_CASE("facts of a job are seen by that job alone") {
  Fake giver("giver", give_own), needy("needy", take), hasty("hasty", take);
  giver.gives({"number"});
  needy.needs({"number"});
  Floor floor({&giver, &needy, &hasty});
  const JobNumber two = floor.start(0), one = floor.start(1), none = floor.start_only(hasty);
  CHECK(floor.wait(one).collected.at("needy").observation->at("number") == 1);
  CHECK(floor.wait(two).collected.at("needy").observation->at("number") == 2);
  CHECK(floor.wait(none).collected.at("hasty").observation->at("number") == -1);
  CHECK(floor.wait(floor.start_only(hasty)).collected.at("hasty").observation->at("number") == -1);
}

TEST_CASE("a check that runs alone waits for those of its own job") {
  Fake alone("alone", tell_process), waits("waits", leave_when_cancelled);
  alone.exclusive();
  Floor floor({&alone, &waits});
  const JobNumber long_one = floor.start_only(waits);
  CHECK(floor.wait(floor.start_only(alone)).collected.at("alone").observation);
  CHECK_FALSE(floor.is_idle());
  floor.cancel(long_one);
  floor.wait(long_one);
}

TEST_CASE("a stop gives back every job at once") {
  Fake slow("slow", hang);
  Floor floor({&slow});
  const JobNumber one = floor.start(), two = floor.start();
  floor.turn();
  const auto ended = floor.workshop().stop(Milliseconds(1'000));
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].job == one);
  CHECK(ended[1].job == two);
  for (const auto& job : ended) {
    CHECK(job.recording.interrupted);
    CHECK(job.recording.collected.at("slow").failure == "interrupted");
  }
  CHECK(floor.is_idle());
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)  // they keep what is freed
namespace {

std::size_t resident_kibibytes() {
  std::size_t total = 0, resident = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr || std::fscanf(statm, "%zu %zu", &total, &resident) != 2) return 0;
  std::fclose(statm);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

awaitable<Json> fill_and_weigh(Probe& probe) {
  probe.publish(Fact<std::string>{"number", ""}, std::string(2'000, 'x'));
  co_await pause(Milliseconds(1));
  co_return Json{resident_kibibytes(), getpid()};
}

}  // namespace

TEST_CASE("ten thousand jobs leave no memory behind in their worker") {
  Fake check("check", fill_and_weigh);
  check.gives({"number"});
  Floor floor({&check});
  std::size_t early = 0, late = 0;
  std::set<Json> processes;
  for (int batch = 0; batch < 200; ++batch) {
    std::vector<JobNumber> jobs;
    for (int job = 0; job < 50; ++job) jobs.push_back(floor.start());
    for (const JobNumber job : jobs) {
      const Json seen = *floor.wait(job).collected.at("check").observation;
      (batch < 20 ? early : late) = std::max(batch < 20 ? early : late, seen.at(0).get<std::size_t>());
      processes.insert(seen.at(1));
    }
  }
  CHECK(processes.size() == 1);
  CHECK(late < early + 8 * 1024);  // what 9000 jobs refer to would be far more
}
#endif
