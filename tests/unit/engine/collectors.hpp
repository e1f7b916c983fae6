// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <unistd.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lkdoctor/check.hpp>

/// What a check may do while it collects: good things and bad ones.
namespace lkdoctor::test::collectors {

namespace asio = boost::asio;

inline awaitable<void> pause(Milliseconds span) {
  asio::steady_timer timer(co_await asio::this_coro::executor, span);
  co_await timer.async_wait(asio::use_awaitable);
}

inline awaitable<Json> good(Probe&) {
  co_await pause(Milliseconds(1));
  co_return Json{{"ok", true}};
}
inline awaitable<Json> hang(Probe&) {
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
inline awaitable<Json> spin(Probe&) {
  co_await pause(Milliseconds(1));
  for (volatile int turn = 0;; turn = turn + 1) {
  }
}
inline awaitable<Json> abort_it(Probe&) {
  co_await pause(Milliseconds(1));
  std::abort();
}
inline awaitable<Json> leave(Probe&) {
  co_await pause(Milliseconds(1));
  _exit(3);
}
inline awaitable<Json> eat_memory(Probe&) {
  co_await pause(Milliseconds(1));
  std::vector<std::unique_ptr<std::array<char, 1 << 20>>> eaten;
  for (;;) eaten.push_back(std::make_unique_for_overwrite<std::array<char, 1 << 20>>());
}
inline awaitable<Json> throw_it(Probe&) {
  co_await pause(Milliseconds(1));
  throw CouldNotTell("the moon is in the way");
}
inline awaitable<Json> throw_number(Probe&) {
  co_await pause(Milliseconds(1));
  throw 7;
}
inline awaitable<Json> ignore_cancellation(Probe&) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
inline awaitable<Json> answer_after_cancellation(Probe&) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::hours(1));
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return Json{{"partial", true}};
}
/// Never completes and is dropped by whoever should complete it.
inline awaitable<Json> get_lost(Probe&) {
  const auto forget = [](auto) {};
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(forget, asio::use_awaitable);
  co_return Json();
}
inline awaitable<Json> flood(Probe& probe) {
  for (int line = 0; line < 2'000; ++line) probe.log(std::string(2000, 'x'));
  co_return Json{{"ok", true}};
}
inline awaitable<Json> babble(Probe&) {
  co_await pause(Milliseconds(1));
  const std::string_view garbage = "\x01{{{ not a message\n";
  for (int fd = 3; fd < 64; ++fd) [[maybe_unused]]
    auto ignored = write(fd, garbage.data(), garbage.size());
  co_await pause(std::chrono::hours(1));
  co_return Json();
}
inline awaitable<Json> huge(Probe&) {
  co_return Json{{"text", std::string(5 << 20, 'x')}};
}
inline awaitable<Json> deep(Probe&) {
  Json value = 1;
  for (int level = 0; level < 200; ++level) value = Json::array({std::move(value)});
  co_return value;
}
inline awaitable<Json> invalid_text(Probe&) {
  co_return Json{{"server", "caf\xe9"}};
}

inline constexpr Fact<int> kNumber{"number", "a number"};
inline awaitable<Json> give(Probe& probe) {
  co_await pause(Milliseconds(1));
  probe.publish(kNumber, 42);
  probe.publish(kNumber, 43);
  co_return Json{{"ok", true}};
}
inline awaitable<Json> give_and_crash(Probe& probe) {
  probe.publish(kNumber, 42);
  co_await pause(Milliseconds(20));
  std::abort();
}
inline awaitable<Json> take(Probe& probe) {
  co_await pause(Milliseconds(1));
  co_return Json{{"number", probe.find(kNumber).value_or(-1)}};
}
inline awaitable<Json> count_things(Probe& probe) {
  probe.count_request();
  probe.count_request();
  probe.count_unauthorized();
  probe.count_join(true);
  probe.count_join(false);
  probe.phase("connect", Microseconds(812));
  probe.log("one\ntwo");
  co_return Json();
}
inline awaitable<Json> leak_secret(Probe& probe) {
  const std::string& secret = probe.deployment().secrets.api_secret.reveal();
  probe.log("sent " + secret);
  probe.publish(Fact<std::string>{"number", ""}, "a " + secret);
  co_return Json{{"body", {{"text", "you sent " + secret}}}};
}

}  // namespace lkdoctor::test::collectors
