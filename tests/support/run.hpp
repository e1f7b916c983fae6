// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <utility>

namespace lkdoctor::test {

/// Runs one coroutine on an io_context of its own and gives back or rethrows what it ended with.
void run(boost::asio::awaitable<void> operation);

template <class T>
boost::asio::awaitable<void> keep(boost::asio::awaitable<T> operation, std::optional<T>* into) {
  into->emplace(co_await std::move(operation));
}

template <class T>
T run(boost::asio::awaitable<T> operation) {
  std::optional<T> value;
  run(keep(std::move(operation), &value));
  return std::move(value).value();
}

/// How long until a cancelled operation has really ended. `cancelled` tells that it ended by the cancel.
struct CancelResult {
  bool cancelled = false;
  Milliseconds took{0};
};
CancelResult cancel_after(Milliseconds delay, boost::asio::awaitable<void> operation);

template <class T>
boost::asio::awaitable<void> drop(boost::asio::awaitable<T> operation) {
  (void)co_await std::move(operation);
}

inline Deadline in_ms(int milliseconds) {
  return Clock::now() + Milliseconds(milliseconds);
}

}  // namespace lkdoctor::test
