// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

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

awaitable<Json> abort_at_bad(Probe& probe) {
  co_await pause(Milliseconds(20));
  if (is_bad(probe)) std::abort();
  co_await pause(Milliseconds(20));
  co_return kGood;
}

awaitable<Json> babble_at_bad(Probe& probe) {
  if (!is_bad(probe)) return tell_process_slowly(probe);
  return babble(probe);
}

awaitable<Json> flood_at_bad(Probe& probe) {
  for (int line = 0; line < 100; ++line) {
    if (is_bad(probe)) probe.phase(std::string(64 << 10, 'x'), Microseconds(1));
    co_await pause(Milliseconds(1));
  }
  co_return kGood;
}

awaitable<Json> say_much(Probe& probe) {
  probe.phase(std::string(64 << 10, 'x'), Microseconds(1));
  co_return Json(getpid());
}

/// Waits until the process sleeps, which is not in the code of a check.
void wait_for_sleep(pid_t process) {
  for (std::string state; state != "S";) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    stat >> state >> state >> state;
  }
}

}  // namespace

TEST_CASE("a job stays with its target, and a crash there costs no other job its check") {
  Fake crashes("crashes", abort_at_bad), stays("stays", good);
  Floor floor({&crashes, &stays});
  const JobNumber before = floor.start(0), guilty = floor.start(1), after = floor.start(0);
  const Recording bad = floor.wait(guilty);
  CHECK(bad.collected.at("crashes").failure == "crashed (signal 6)");
  CHECK(bad.collected.at("stays").observation == kGood);
  for (const JobNumber job : {before, after}) {
    const Recording recording = floor.wait(job);
    CHECK(recording.collected.at("crashes").observation == kGood);
    CHECK(recording.collected.at("crashes").log ==
          std::vector<std::string>{"started again: the worker it shared ended"});
    CHECK(recording.collected.at("stays").observation == kGood);
    CHECK_FALSE(recording.interrupted);
  }
}

TEST_CASE("a worker that hangs costs the job in which it does") {
  Fake spins("spins", spin), slow("slow", tell_process_slowly);
  Floor floor({&spins, &slow}, Milliseconds(1'000));
  const JobNumber guilty = floor.start_only(spins), other = floor.start_only(slow);
  CHECK(floor.wait(guilty).collected.at("spins").failure == "hung: did not answer for 1 s");
  CHECK(floor.wait(other).collected.at("slow").observation);
}

TEST_CASE("jobs of which one garbles the worker get workers of their own until it is plain which") {
  Fake garbles("garbles", babble_at_bad), slow("slow", tell_process_slowly), quick("quick", tell_process);
  Floor floor({&garbles, &slow});
  const JobNumber other = floor.start(0), guilty = floor.start(1);
  const Recording bad = floor.wait(guilty), good = floor.wait(other);
  CHECK(bad.collected.at("garbles").failure == "its worker said something that is no message");
  CHECK(bad.collected.at("slow").observation);
  const auto own = good.collected.at("garbles").observation;
  REQUIRE(own);
  CHECK(good.collected.at("slow").observation == own);  // one at a time, both in the worker of the job
  CHECK(floor.is_idle());
  const JobNumber one = floor.start_only(slow), two = floor.start_only(slow);  // and then one for all again
  CHECK(floor.wait(one).collected.at("slow").observation == floor.wait(two).collected.at("slow").observation);
  CHECK(waitpid(-1, nullptr, WNOHANG) == 0);
}

TEST_CASE("a job that says too much is found among those that say little") {
  Fake floods("floods", flood_at_bad), slow("slow", tell_process_slowly);
  Floor floor({&floods, &slow});
  const JobNumber other = floor.start(0), guilty = floor.start(1);
  const Recording bad = floor.wait(guilty);
  CHECK(bad.collected.at("floods").failure == "its worker said too much");
  CHECK(bad.collected.at("slow").observation);
  CHECK(floor.wait(other).collected.at("floods").observation == kGood);
}

TEST_CASE("what a worker may say is counted by job, not by its life") {
  Fake check("check", say_much);
  Floor floor({&check});
  const Json first = floor.process(check);
  for (int job = 0; job < 70; ++job) CHECK(floor.process(check) == first);
}

TEST_CASE("a worker that is killed while jobs run is replaced, and each job ends as if it had not been") {
  Fake quick("quick", tell_process), slow("slow", tell_process_slowly);
  Floor floor({&quick, &slow});
  const Json first = floor.process(quick);
  std::vector<JobNumber> jobs;
  for (int job = 0; job < 10; ++job) jobs.push_back(floor.start());
  floor.turn();
  wait_for_sleep(first.get<pid_t>());
  kill(first.get<pid_t>(), SIGKILL);
  for (const JobNumber job : jobs) {
    const Recording recording = floor.wait(job);
    CHECK(recording.collected.at("quick").observation);
    CHECK(recording.collected.at("slow").observation);
    CHECK(recording.collected.at("slow").observation != first);
  }
}

TEST_CASE("a worker that is killed while nothing runs is replaced for the next job") {
  Fake quick("quick", tell_process);
  Floor floor({&quick});
  const Json first = floor.process(quick);
  const pid_t killed = first.get<pid_t>();
  kill(killed, SIGKILL);
  while (kill(killed, 0) == 0) {  // until its end has been heard of; what it said before comes first
    pollfd event{floor.workshop().fd(), POLLIN, 0};
    REQUIRE(poll(&event, 1, 10'000) == 1);
    floor.turn();
  }
  const Recording recording = floor.wait(floor.start());
  CHECK(recording.collected.at("quick").observation);
  CHECK(recording.collected.at("quick").observation != first);
}
