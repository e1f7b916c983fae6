// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>

namespace lkdoctor::respond {

/// Lets go of what starting, shaking hands or a sweep took: free heap, and the pages of the program and its
/// libraries that are as in their files. What is still needed of these comes back page by page.
void give_back_pages();

/// Gives back what a sweep brought into memory, a moment after it. Without a sweep it does nothing.
class Rest {
 public:
  explicit Rest(boost::asio::io_context& context) : timer_(context) {}
  /// Something is being done now.
  void disturbed();

 private:
  void wait();

  boost::asio::steady_timer timer_;
  bool waiting_ = false, again_ = false;
};

}  // namespace lkdoctor::respond
