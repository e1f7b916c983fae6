// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <utility>

namespace lkdoctor::net {

/// Runs `operation` to its end (true) or until the deadline, when it is cancelled (false); either way it has
/// ended when this returns. Rethrows what it threw. Throws operation_aborted if cancelled from outside.
/// REQUIRES: `operation` ends soon after it is cancelled.
boost::asio::awaitable<bool> ended_before(Deadline deadline, boost::asio::awaitable<void> operation);

template <class T>
boost::asio::awaitable<void> kept(boost::asio::awaitable<T> operation, std::optional<T>* into) {
  into->emplace(co_await std::move(operation));
}

/// The operation's value; nullopt: the deadline came first. The only way in which this module races an
/// operation against time: Asio's own `||` waits for a success and hides what the loser threw.
template <class T>
boost::asio::awaitable<std::optional<T>> until(Deadline deadline, boost::asio::awaitable<T> operation) {
  std::optional<T> value;
  auto work = kept(std::move(operation), &value);
  co_await ended_before(deadline, std::move(work));
  co_return value;
}

}  // namespace lkdoctor::net
