// SPDX-License-Identifier: EUPL-1.2
#include "respond/progress.hpp"

namespace lkdoctor::respond {

Progress::Progress(boost::asio::io_context& context, std::function<std::size_t()> count,
                   std::function<void(std::size_t)> tell)
    : timer_(context), count_(std::move(count)), tell_(std::move(tell)) {
  if (tell_) next();
}

void Progress::next() {
  timer_.expires_after(std::chrono::seconds(1));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (const std::size_t now = count_(); now > told_) tell_(told_ = now);
    next();
  });
}

}  // namespace lkdoctor::respond
