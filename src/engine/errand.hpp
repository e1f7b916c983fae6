// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <string>

namespace lkdoctor::engine {

/// Runs `work` in a child process, whose network and threads are none of this one's, and gives what it says;
/// "" if it says nothing by `deadline`, says too much, throws or dies. It is killed once `stop_fd` is
/// readable
/// (-1: never); then nullopt. Throws std::system_error if there can be no child.
/// REQUIRES: this process has one thread.
std::optional<std::string> run_errand(const std::function<boost::asio::awaitable<std::string>()>& work,
                                      Deadline deadline, int stop_fd);

}  // namespace lkdoctor::engine
