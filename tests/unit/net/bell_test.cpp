// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/turnstile.hpp>

#include "support/run.hpp"

using namespace lkdoctor;
using boost::asio::awaitable;

namespace {

Deadline in(int milliseconds) {
  return Clock::now() + Milliseconds(milliseconds);
}

awaitable<void> ring_soon(net::Bell* bell) {
  co_await net::sleep_until(in(5));
  bell->ring();
}

awaitable<bool> hears(net::Bell* bell, Deadline deadline) {
  co_return co_await bell->wait(deadline);
}

awaitable<bool> heard_beside(net::Bell* bell) {
  std::vector<awaitable<void>> both;
  bool heard = false;
  both.push_back(ring_soon(bell));
  auto listening = [](net::Bell* at, bool* into) -> awaitable<void> { *into = co_await at->wait(in(2000)); };
  both.push_back(listening(bell, &heard));
  co_await net::all(std::move(both));
  co_return heard;
}

awaitable<void> work_forever(std::string* told) {
  try {
    while (true) co_await net::sleep_until(in(10'000));
  } catch (...) {
    *told += "stopped ";
    throw;
  }
}

awaitable<void> work_shortly(std::string* told) {
  co_await net::sleep_until(in(5));
  *told += "worked ";
}

awaitable<void> fail_at_once() {
  throw std::runtime_error("no");
  co_return;
}

awaitable<void> say_goodbye(std::string* told) {
  co_await net::sleep_until(in(5));
  *told += "goodbye ";
}

awaitable<std::string> with_helpers() {
  std::string told;
  std::vector<awaitable<void>> helpers;
  helpers.push_back(work_forever(&told));
  helpers.push_back(fail_at_once());
  auto work = work_shortly(&told);
  try {
    co_await net::beside(std::move(work), std::move(helpers));
  } catch (const std::runtime_error& error) {
    told += error.what();
  }
  co_return told;
}

awaitable<std::string> with_last_words() {
  std::string told;
  auto failing = fail_at_once();
  auto last = say_goodbye(&told);
  try {
    co_await net::finally(std::move(failing), std::move(last));
  } catch (const std::runtime_error& error) {
    told += error.what();
  }
  co_return told;
}

/// A helper that is cancelled still says its last words.
awaitable<void> leave_politely(std::string* told) {
  auto work = work_forever(told);
  auto last = say_goodbye(told);
  co_await net::finally(std::move(work), std::move(last));
}

awaitable<std::string> cancelled_politely() {
  std::string told;
  std::vector<awaitable<void>> helpers;
  helpers.push_back(leave_politely(&told));
  auto work = work_shortly(&told);
  co_await net::beside(std::move(work), std::move(helpers));
  co_return told;
}

std::vector<std::string> one_gate() {
  return {"gate"};
}

awaitable<void> pass(std::vector<int>* order, int who) {
  const auto inside = co_await net::Turnstile::enter(one_gate(), in(2000));
  order->push_back(who);
  co_await net::sleep_until(in(5));
  order->push_back(who);
}

awaitable<std::vector<int>> three_at_a_gate() {
  std::vector<int> order;
  std::vector<awaitable<void>> all;
  for (int who = 0; who < 3; ++who) all.push_back(pass(&order, who));
  co_await net::all(std::move(all));
  co_return order;
}

awaitable<bool> finds_it_taken() {
  const auto inside = co_await net::Turnstile::enter(one_gate(), in(2000));
  const auto second = co_await net::Turnstile::enter(one_gate(), in(10));
  co_return inside.has_value() && !second.has_value();
}

}  // namespace

TEST_CASE("a bell wakes who waits, and nobody else") {
  net::Bell bell;
  CHECK(test::run(heard_beside(&bell)));
  bell.ring();
  CHECK_FALSE(test::run(hears(&bell, in(5))));
}

TEST_CASE("helpers end with the work they stand beside; what one of them threw is thrown then") {
  CHECK(test::run(with_helpers()) == "worked stopped no");
}

TEST_CASE("last words are said after a failure, which is thrown again") {
  CHECK(test::run(with_last_words()) == "goodbye no");
}

TEST_CASE("last words are said after a cancellation") {
  CHECK(test::run(cancelled_politely()) == "worked stopped goodbye ");
}

TEST_CASE("a turnstile lets one at a time through") {
  const std::vector<int> order = test::run(three_at_a_gate());
  REQUIRE(order.size() == 6);
  for (std::size_t at = 0; at < 6; at += 2) CHECK(order[at] == order[at + 1]);
  CHECK(test::run(finds_it_taken()));
}
