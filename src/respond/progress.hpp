// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "respond/each_second.hpp"

namespace lkdoctor::respond {

/// Tells how many ports were reached, each second in which it has grown.
class Progress {
 public:
  /// An empty `tell`: nobody wants to know.
  Progress(boost::asio::io_context& context, std::function<std::size_t()> count,
           std::function<void(std::size_t)> tell)
      : count_(std::move(count)), tell_(std::move(tell)), ticks_(context, [this] { return look(); }) {
    if (tell_) ticks_.start();
  }
  void stop() { ticks_.stop(); }

 private:
  bool look() {
    if (const std::size_t now = count_(); now > told_) tell_(told_ = now);
    return true;
  }

  std::function<std::size_t()> count_;
  std::function<void(std::size_t)> tell_;
  EachSecond ticks_;
  std::size_t told_ = 0;
};

}  // namespace lkdoctor::respond
