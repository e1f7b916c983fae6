// SPDX-License-Identifier: EUPL-1.2
#include "engine/errand.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <stdexcept>

#include "collectors.hpp"

using namespace lkdoctor;
using engine::run_errand;

namespace {

awaitable<std::string> say(std::string text) {
  co_return text;
}
awaitable<std::string> who() {
  co_return std::to_string(getpid());
}
awaitable<std::string> never() {
  co_await test::collectors::pause(std::chrono::hours(1));
  co_return "late";
}
awaitable<std::string> fail() {
  throw std::runtime_error("no");
  co_return "";
}
awaitable<std::string> die() {
  _exit(3);
  co_return "";
}

Deadline in(Milliseconds span) {
  return Clock::now() + span;
}
constexpr Milliseconds kEnough{10'000};

}  // namespace

TEST_CASE("an errand brings back what it says, from another process") {
  CHECK(run_errand([] { return say("a word"); }, in(kEnough), -1) == "a word");
  CHECK(run_errand(who, in(kEnough), -1) != std::to_string(getpid()));
  const std::string long_one(300'000, 'x');
  CHECK(run_errand([&] { return say(long_one); }, in(kEnough), -1) == long_one);
}

TEST_CASE("an errand that fails, dies, is late or says too much brings nothing") {
  CHECK(run_errand(fail, in(kEnough), -1) == "");
  CHECK(run_errand(die, in(kEnough), -1) == "");
  CHECK(run_errand(never, in(Milliseconds(20)), -1) == "");
  const std::string too_much(2'000'000, 'x');
  CHECK(run_errand([&] { return say(too_much); }, in(kEnough), -1) == "");
}

TEST_CASE("an errand that is stopped is no answer") {
  const int stop = eventfd(1, EFD_CLOEXEC);
  CHECK(run_errand(never, in(kEnough), stop) == std::nullopt);
  close(stop);
}
