// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>

namespace lkdoctor::respond {

/// Tells how many ports were reached, each second in which it has grown.
class Progress {
 public:
  /// An empty `tell`: nobody wants to know.
  Progress(boost::asio::io_context& context, std::function<std::size_t()> count,
           std::function<void(std::size_t)> tell);
  void stop() { timer_.cancel(); }

 private:
  void next();

  boost::asio::steady_timer timer_;
  std::function<std::size_t()> count_;
  std::function<void(std::size_t)> tell_;
  std::size_t told_ = 0;
};

}  // namespace lkdoctor::respond
