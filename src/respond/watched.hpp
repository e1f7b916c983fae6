// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "respond/front.hpp"

namespace lkdoctor::respond {

/// A front that Asio waits for. The descriptor stays the front's own.
struct Watched {
  Watched(boost::asio::io_context& context, std::unique_ptr<Front> one)
      : front(std::move(one)), descriptor(context, front->handle()) {}
  ~Watched() { descriptor.release(); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  std::unique_ptr<Front> front;
  boost::asio::posix::stream_descriptor descriptor;
};

/// Lost, where the front has been let go by then. False: see Front::answer().
inline bool answer(boost::asio::io_context& context, const std::shared_ptr<Watched>& from, const Way& way,
                   Bytes bytes, std::chrono::seconds after) {
  if (after.count() == 0) return from->front->answer(way, bytes);
  auto timer = std::make_unique<boost::asio::steady_timer>(context, after);
  boost::asio::steady_timer& bell = *timer;
  bell.async_wait([at = std::weak_ptr(from), way, bytes = std::move(bytes),
                   timer = std::move(timer)](boost::system::error_code error) {
    const auto watched = at.lock();
    if (!error && watched) watched->front->answer(way, bytes);
  });
  return true;
}

}  // namespace lkdoctor::respond
