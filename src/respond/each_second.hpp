// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>

namespace lkdoctor::respond {

/// Does something each second for as long as it says so. While nothing is to be done no timer waits.
class EachSecond {
 public:
  EachSecond(boost::asio::io_context& context, std::function<bool()> work)
      : timer_(context), work_(std::move(work)) {}

  /// For the first time a second from now, if it does not run already.
  void start() {
    if (!std::exchange(running_, true)) wait();
  }
  void stop() { timer_.cancel(); }

 private:
  void wait() {
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      running_ = work_();
      if (running_) wait();
    });
  }

  boost::asio::steady_timer timer_;
  std::function<bool()> work_;
  bool running_ = false;
};

}  // namespace lkdoctor::respond
