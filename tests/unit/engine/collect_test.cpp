// SPDX-License-Identifier: EUPL-1.2
#include "engine/collect.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "unit/engine/collectors.hpp"
#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::collectors;
using test::Fake;

namespace {

#if __has_feature(address_sanitizer)
constexpr bool kSanitized = true;
constexpr bool kSignalsAreLate = false;
#elif __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
constexpr bool kSignalsAreLate =
    true;  // TSan hands a signal on at the next system call: never to code that spins
#else
constexpr bool kSanitized = false;
constexpr bool kSignalsAreLate = false;
#endif

const Json kGood{{"ok", true}};

std::size_t open_files() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

/// `bad` runs beside two good checks, costs nobody but itself, and leaves nothing behind.
std::string failure_beside_good(test::Collect bad, Milliseconds budget = Milliseconds(10'000)) {
  Fake first("first", good), guilty("guilty", bad), last("last", good);
  guilty.budget(budget);
  const std::size_t files = open_files();
  const Recording recording = test::run({&first, &guilty, &last});
  CHECK(open_files() == files);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // no child, not even a dead one
  CHECK(recording.collected.at("first").observation == kGood);
  CHECK(recording.collected.at("last").observation == kGood);
  CHECK_FALSE(recording.collected.at("guilty").observation);
  CHECK_FALSE(recording.interrupted);
  return recording.collected.at("guilty").failure;
}

}  // namespace

TEST_CASE("a check that throws costs only itself and keeps its sentence") {
  CHECK(failure_beside_good(throw_it) == "the moon is in the way");
  CHECK(failure_beside_good(throw_number) == "threw something that is no exception");
}

TEST_CASE("a check that hangs is cancelled at its budget and says so") {
  CHECK(failure_beside_good(hang, Milliseconds(100)) == "deadline: no end within 0.1 s");
}

TEST_CASE("a check that ignores its cancellation is given up after the grace") {
  CHECK(failure_beside_good(ignore_cancellation, Milliseconds(100)) ==
        "deadline: no end within 0.1 s, and it did not react to its cancellation");
}

TEST_CASE("a check that answers after its cancellation keeps its observation") {
  Fake check("check", answer_after_cancellation);
  check.budget(Milliseconds(50));
  CHECK(test::run({&check}).collected.at("check").observation == Json{{"partial", true}});
}

TEST_CASE("a check that spins is ended with its worker, and the others run again") {
  CHECK(failure_beside_good(spin) == "hung: did not answer for 1 s");
}

TEST_CASE("a check that aborts is named with its signal") {
  CHECK(failure_beside_good(abort_it) == "crashed (signal 6)");
}

TEST_CASE("a check that ends the process is named with the status") {
  CHECK(failure_beside_good(leave) == "ended its process (exit status 3)");
}

TEST_CASE("a check that eats all memory is ended at the limit" * doctest::skip(kSanitized)) {
  CHECK(failure_beside_good(eat_memory) == "ran out of memory");
}

TEST_CASE("a check whose operation is dropped is called lost, not passed") {
  CHECK(failure_beside_good(get_lost) == "lost: its operation never completed");
}

TEST_CASE("a check that writes garbage to every file it finds is found out") {
  CHECK(failure_beside_good(babble) == "its worker said something that is no message");
}

TEST_CASE("an observation that is too long or too deep fails its check") {
  CHECK(failure_beside_good(huge) == "its observation is too long or too deep");
  CHECK(failure_beside_good(deep) == "its observation is too long or too deep");
}

TEST_CASE("a check that publishes what it did not declare fails") {
  CHECK(failure_beside_good(give) == "published number, which is not among its `gives`");
}

TEST_CASE("several bad checks at once cost only themselves") {
  Fake first("first", good), aborts("aborts", abort_it), spins("spins", spin), leaves("leaves", leave),
      last("last", good);
  const Recording recording = test::run({&aborts, &first, &spins, &leaves, &last});
  CHECK(recording.collected.at("aborts").failure == "crashed (signal 6)");
  CHECK(recording.collected.at("spins").failure == "hung: did not answer for 1 s");
  CHECK(recording.collected.at("leaves").failure == "ended its process (exit status 3)");
  CHECK(recording.collected.at("first").observation == kGood);
  CHECK(recording.collected.at("last").observation == kGood);
}

TEST_CASE("a flood of log lines is cut and does not cost the check") {
  Fake check("check", flood);
  const Recording recording = test::run({&check});
  const Collected& collected = recording.collected.at("check");
  CHECK(collected.observation == kGood);
  REQUIRE(collected.log.size() == 300);
  CHECK(collected.log.back() == "further lines are left out");
  CHECK(collected.log.front().size() <= 1010);
}

TEST_CASE("text that is not UTF-8 does not cost an observation") {
  Fake check("check", invalid_text);
  CHECK(test::run({&check}).collected.at("check").observation->at("server") == "caf\xef\xbf\xbd");
}

TEST_CASE("facts reach the checks that need them, once, and checks that come after") {
  Fake giver("giver", give), needy("needy", take), polite("polite", take), hasty("hasty", take);
  giver.gives({"number"});
  needy.needs({"number"});
  polite.after({"number"});
  const Recording recording = test::run({&polite, &needy, &hasty, &giver});
  CHECK(recording.collected.at("needy").observation->at("number") == 42);
  CHECK(recording.collected.at("polite").observation->at("number") == 42);
  CHECK(recording.facts.at("number") == 42);
  CHECK(recording.collected.at("giver").log ==
        std::vector<std::string>{"published number twice; the first one stays"});
}

TEST_CASE("a fact survives the crash of the check that gave it") {
  Fake giver("giver", give_and_crash), needy("needy", take);
  giver.gives({"number"});
  needy.needs({"number"});
  const Recording recording = test::run({&giver, &needy});
  CHECK(recording.collected.at("giver").failure == "crashed (signal 6)");
  CHECK(recording.collected.at("needy").observation->at("number") == 42);
}

TEST_CASE("a check whose fact never came is skipped with the reason") {
  Fake giver("giver", throw_it), needy("needy", take);
  giver.gives({"number"});
  needy.needs({"number"});
  const Recording recording = test::run({&giver, &needy});
  CHECK(recording.skipped.at("needy") == "needs number, which giver should have given");
  CHECK(recording.collected.count("needy") == 0);
}

TEST_CASE("the run's deadline ends every check and names itself to those that never started") {
  Fake slow("slow", hang), alone("alone", good), late("late", take);
  alone.exclusive();
  late.after({"number"});
  slow.gives({"number"});
  Deployment deployment;
  deployment.run.deadline = Milliseconds(100);
  const auto begin = Clock::now();
  const Recording recording = test::run({&slow, &alone, &late}, deployment);
  CHECK(Clock::now() - begin < std::chrono::seconds(5));
  CHECK(recording.collected.at("slow").failure == "deadline: no end within 0.1 s");
  CHECK(recording.collected.at("alone").failure ==
        "deadline: the run's 0.1 s were over before it could start");
  CHECK(recording.collected.at("late").failure == recording.collected.at("alone").failure);
}

TEST_CASE("requests of a responder's control connection are among what a run caused") {
  Fake check("check", count_things);
  Deployment deployment;
  deployment.run.carried.emplace().requests = 5;
  CHECK(test::run({&check}, deployment).side_effects.requests == 2 + 5);
}

TEST_CASE("--timeout takes the place of a check's own budget") {
  Fake slow("slow", hang);
  Deployment deployment;
  deployment.run.check_timeout = Milliseconds(50);
  CHECK(test::run({&slow}, deployment).collected.at("slow").failure == "deadline: no end within 0.1 s");
}

TEST_CASE("a recording says who ran where and what it caused") {
  Fake check("check", count_things);
  const Recording recording = test::run({&check});
  CHECK(recording.tool_version.find('.') != std::string::npos);
  CHECK(recording.started_ms > 1'700'000'000'000);
  CHECK(recording.duration > Microseconds(0));
  CHECK_FALSE(recording.host.empty());
  CHECK(recording.side_effects.requests == 2);
  CHECK(recording.side_effects.unauthorized == 1);
  CHECK(recording.side_effects.joins == 2);
  CHECK(recording.side_effects.rooms == 1);
  const Collected& collected = recording.collected.at("check");
  REQUIRE(collected.phases.size() == 1);
  CHECK(collected.phases[0].name == "connect");
  CHECK(collected.phases[0].took == Microseconds(812));
  CHECK(collected.log == std::vector<std::string>{"one\\ntwo"});
}

TEST_CASE("a secret that a check lets slip does not reach the recording") {
  Fake check("check", leak_secret);
  check.gives({"number"});
  Deployment deployment;
  deployment.secrets.api_secret = Secret("canary-secret-0123456789");
  const Recording recording = test::run({&check}, deployment);
  CHECK(Json(recording).dump().find("canary") == std::string::npos);
  CHECK(recording.collected.at("check").observation->at("body").at("text") == "you sent [secret]");
}

TEST_CASE("a plan with nothing to run starts no worker") {
  Fake skipped("skipped", good), left_out("left_out", good);
  auto plan = test::plan_of({&skipped, &left_out});
  plan[0].skip_reason = "not here";
  plan[1].left_out = true;
  std::vector<std::string> steps;
  auto options = test::quick();
  options.on_progress = [&](const engine::Progress& progress) { steps.push_back(progress.check); };
  const Recording recording = engine::collect(plan, {}, options);
  CHECK(recording.skipped == std::map<std::string, std::string>{{"skipped", "not here"}});
  CHECK(recording.collected.empty());
  CHECK(steps.empty());
}

TEST_CASE("progress is told once for each start and each end") {
  Fake check("check", good);
  std::vector<std::string> steps;
  auto options = test::quick();
  options.on_progress = [&](const engine::Progress& progress) {
    steps.push_back(progress.check + (progress.step == engine::Progress::Step::started ? "+" : "-"));
  };
  test::run({&check}, {}, options);
  CHECK(steps == std::vector<std::string>{"check+", "check-"});
}

TEST_CASE("a stop gives back what is known at once, and the worker may clean up") {
  // When the good check has ended, its progress writes into the pipe: that is the Ctrl-C.
  Fake quick("quick", good), slow("slow", hang), stubborn("stubborn", ignore_cancellation);
  std::array<int, 2> stop{};
  REQUIRE(pipe(stop.data()) == 0);
  auto options = test::quick();
  options.stop_fd = stop[0];
  options.on_progress = [&](const engine::Progress& progress) {
    if (progress.step != engine::Progress::Step::finished || progress.check != "quick") return;
    REQUIRE(write(stop[1], "x", 1) == 1);
  };
  const Recording recording = test::run({&quick, &slow, &stubborn}, {}, options);
  int status = 0;
  CHECK(waitpid(-1, &status, WNOHANG) == 0);  // the worker is still at it: nobody waited for it
  CHECK(recording.interrupted);
  CHECK(recording.collected.at("quick").observation == kGood);
  CHECK(recording.collected.at("slow").failure == "interrupted");
  CHECK(recording.collected.at("stubborn").failure == "interrupted");
  REQUIRE(waitpid(-1, &status, 0) > 0);  // the stubborn one kept it busy until the last second was over
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGALRM);
  close(stop[0]);
  close(stop[1]);
}

TEST_CASE("a worker does not outlive its parent" * doctest::skip(kSignalsAreLate)) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // the orphan becomes our child
  Fake spinning("spinning", spin);
  const pid_t parent = fork();
  if (parent == 0) {
    auto options = test::quick();
    options.on_progress = [](const engine::Progress&) { std::raise(SIGKILL); };
    engine::collect(test::plan_of({&spinning}), {}, options);
    _exit(0);
  }
  REQUIRE(waitpid(parent, nullptr, 0) == parent);
  CHECK(waitpid(-1, nullptr, 0) > 0);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}
