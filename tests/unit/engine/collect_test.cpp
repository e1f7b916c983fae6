// SPDX-License-Identifier: EUPL-1.2
#include "engine/collect.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <filesystem>

#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using test::Fake;
namespace asio = boost::asio;

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#endif

awaitable<void> pause(Milliseconds span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<Json> good(Probe&) {
  co_await pause(Milliseconds(1));
  co_return Json{{"ok", true}};
}
awaitable<Json> hang(Probe&) {
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
awaitable<Json> spin(Probe&) {
  co_await pause(Milliseconds(1));
  for (volatile int turn = 0;; turn = turn + 1) {
  }
}
awaitable<Json> abort_it(Probe&) {
  co_await pause(Milliseconds(1));
  std::abort();
}
awaitable<Json> leave(Probe&) {
  co_await pause(Milliseconds(1));
  _exit(3);
}
awaitable<Json> eat_memory(Probe&) {
  co_await pause(Milliseconds(1));
  std::vector<std::unique_ptr<std::array<char, 1 << 20>>> eaten;
  for (;;) eaten.push_back(std::make_unique<std::array<char, 1 << 20>>());
}
awaitable<Json> throw_it(Probe&) {
  co_await pause(Milliseconds(1));
  throw CouldNotTell("the moon is in the way");
}
awaitable<Json> throw_number(Probe&) {
  co_await pause(Milliseconds(1));
  throw 7;
}
awaitable<Json> ignore_cancellation(Probe&) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
awaitable<Json> answer_after_cancellation(Probe&) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return Json{{"partial", true}};
}
/// Never completes and is dropped by whoever should complete it.
awaitable<Json> get_lost(Probe&) {
  const auto forget = [](auto) {};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(forget, asio::use_awaitable);
  co_return Json();
}
awaitable<Json> flood(Probe& probe) {
  for (int line = 0; line < 2'000; ++line) probe.log(std::string(2000, 'x'));
  co_return Json{{"ok", true}};
}
awaitable<Json> babble(Probe&) {
  co_await pause(Milliseconds(1));
  const std::string_view garbage = "\x01{{{ not a message\n";
  for (int fd = 3; fd < 64; ++fd) [[maybe_unused]]
    auto ignored = write(fd, garbage.data(), garbage.size());
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
awaitable<Json> huge(Probe&) {
  co_return Json{{"text", std::string(5 << 20, 'x')}};
}
awaitable<Json> deep(Probe&) {
  Json value = 1;
  for (int level = 0; level < 200; ++level) value = Json::array({std::move(value)});
  co_return value;
}
awaitable<Json> invalid_text(Probe&) {
  co_return Json{{"server", "caf\xe9"}};
}

constexpr Fact<int> kNumber{"number", "a number"};
awaitable<Json> give(Probe& probe) {
  co_await pause(Milliseconds(1));
  probe.publish(kNumber, 42);
  probe.publish(kNumber, 43);
  co_return Json{{"ok", true}};
}
awaitable<Json> give_and_crash(Probe& probe) {
  probe.publish(kNumber, 42);
  co_await pause(Milliseconds(20));
  std::abort();
}
awaitable<Json> take(Probe& probe) {
  co_await pause(Milliseconds(1));
  co_return Json{{"number", probe.find(kNumber).value_or(-1)}};
}
awaitable<Json> count_things(Probe& probe) {
  probe.count_request();
  probe.count_request();
  probe.count_unauthorized();
  probe.count_join(true);
  probe.count_join(false);
  probe.phase("connect", Microseconds(812));
  probe.log("one\ntwo");
  co_return Json();
}
awaitable<Json> leak_secret(Probe& probe) {
  const std::string& secret = probe.deployment().secrets.api_secret.reveal();
  probe.log("sent " + secret);
  probe.publish(Fact<std::string>{"number", ""}, "a " + secret);
  co_return Json{{"body", {{"text", "you sent " + secret}}}};
}

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
  Clock::time_point stopped;
  options.on_progress = [&](const engine::Progress& progress) {
    if (progress.step != engine::Progress::Step::finished || progress.check != "quick") return;
    stopped = Clock::now();
    REQUIRE(write(stop[1], "x", 1) == 1);
  };
  const Recording recording = test::run({&quick, &slow, &stubborn}, {}, options);
  CHECK(Clock::now() - stopped < Milliseconds(200));
  CHECK(recording.interrupted);
  CHECK(recording.collected.at("quick").observation == kGood);
  CHECK(recording.collected.at("slow").failure == "interrupted");
  CHECK(recording.collected.at("stubborn").failure == "interrupted");
  int status = 0;  // the stubborn one kept its worker busy until the last second was over
  REQUIRE(waitpid(-1, &status, 0) > 0);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGALRM);
  close(stop[0]);
  close(stop[1]);
}

TEST_CASE("a worker does not outlive its parent") {
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
