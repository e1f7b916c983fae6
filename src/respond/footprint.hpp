// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "respond/event.hpp"

namespace lkdoctor::respond {

/// Lets go of what starting, shaking hands or a sweep took: free heap, and the pages of the program and its
/// libraries that are as in their files. What is still needed of these comes back page by page.
void give_back_pages();

/// Gives back at the end of a session, too: the next client may be here before `Rest` is.
std::function<void(const Event&)> giving_back(std::function<void(const Event&)> tell);

/// Gives back what greeting a client brought into memory, a moment after it, and again as long as something
/// is being done: a sweep needs less than the greeting before it and the tally after it. Otherwise it does
/// nothing.
class Rest {
 public:
  explicit Rest(boost::asio::io_context& context) : timer_(context) {}
  /// Something is being done now.
  void disturbed();

 private:
  boost::asio::steady_timer timer_;
  bool waiting_ = false;
};

}  // namespace lkdoctor::respond
