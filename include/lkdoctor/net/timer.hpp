// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace lkdoctor::net {

boost::asio::awaitable<void> sleep_until(Deadline when);

/// Runs all at once on this thread and waits for all. If one throws, the others are still waited for and the
/// first exception is rethrown. An empty list returns at once.
boost::asio::awaitable<void> all(std::vector<boost::asio::awaitable<void>> operations);

}  // namespace lkdoctor::net
