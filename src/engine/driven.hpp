// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <lkdoctor/clock.hpp>
#include <memory>

namespace lkdoctor::engine {

/// Lets an Asio loop drive what works by advance(): as soon as `fd` is readable, and when the time has come
/// that the last advance() gave.
class Driven {
 public:
  /// Does what can be done now, and says when there is more to do; max(): only the descriptor says.
  using Advance = std::function<Deadline()>;

  /// `fd` stays its owner's, and the same for life. What `advance` refers to must outlive this.
  Driven(const boost::asio::any_io_executor& executor, int fd, Advance advance)
      : ready_(executor, fd), bell_(executor), advance_(std::move(advance)) {
    listen();
  }
  ~Driven() { ready_.release(); }  ///< calls `advance` no more
  Driven(const Driven&) = delete;
  Driven& operator=(const Driven&) = delete;

  /// Something was asked of it: advance soon, but not from inside this.
  void stir() { ring({}); }

 private:
  void listen() {
    ready_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
                        if (error || alive.expired()) return;
                        ring(advance_());
                        listen();
                      });
  }

  void ring(Deadline when) {
    bell_.expires_at(when);
    bell_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
      if (!error && !alive.expired()) ring(advance_());
    });
  }

  boost::asio::posix::stream_descriptor ready_;
  boost::asio::steady_timer bell_;
  Advance advance_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>();  ///< for handlers that are queued when this ends
};

}  // namespace lkdoctor::engine
