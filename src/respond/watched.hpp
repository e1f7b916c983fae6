// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

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

}  // namespace lkdoctor::respond
