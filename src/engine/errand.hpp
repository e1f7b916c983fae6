// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>

namespace lkdoctor::engine {

/// Runs `work` on this thread until it ends. It is cancelled once `stop_fd` is readable (-1: never); then
/// false. Throws what it threw.
/// REQUIRES: it has deadlines of its own.
bool run_errand(boost::asio::awaitable<void> work, int stop_fd);

}  // namespace lkdoctor::engine
