// SPDX-License-Identifier: EUPL-1.2
#include "engine/errand.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace lkdoctor::engine {
namespace {

namespace asio = boost::asio;

}  // namespace

bool run_errand(asio::awaitable<void> work, int stop_fd) {
  asio::io_context io{1};
  asio::cancellation_signal cancel;
  asio::posix::stream_descriptor stop(io);
  std::exception_ptr error;
  bool stopped = false;
  if (stop_fd >= 0) {
    stop.assign(stop_fd);
    stop.async_wait(asio::posix::descriptor_base::wait_read, [&](const boost::system::error_code& failure) {
      if (failure) return;
      stopped = true;
      cancel.emit(asio::cancellation_type::terminal);
    });
  }
  asio::co_spawn(io, std::move(work),
                 asio::bind_cancellation_slot(cancel.slot(), [&](const std::exception_ptr& thrown) {
                   error = thrown;
                   if (stop.is_open()) stop.cancel();
                 }));
  io.run();
  if (stop.is_open()) stop.release();  // it stays the caller's
  if (error && !stopped) std::rethrow_exception(error);
  return !stopped;
}

}  // namespace lkdoctor::engine
