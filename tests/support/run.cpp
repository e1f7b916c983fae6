// SPDX-License-Identifier: EUPL-1.2
#include "support/run.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>

namespace lkdoctor::test {

void run(boost::asio::awaitable<void> operation) {
  boost::asio::io_context context;
  bool ended = false;
  std::exception_ptr error;
  boost::asio::co_spawn(context, std::move(operation), [&](std::exception_ptr thrown) {
    ended = true;
    error = std::move(thrown);
  });
  context.run();
  if (!ended) throw std::logic_error("a coroutine was lost");
  if (error) std::rethrow_exception(error);
}

CancelResult cancel_after(Milliseconds delay, boost::asio::awaitable<void> operation) {
  boost::asio::io_context context;
  boost::asio::cancellation_signal stop;
  CancelResult result;
  Clock::time_point asked;
  const auto ended = [&](const std::exception_ptr& thrown) {
    result.took = std::chrono::duration_cast<Milliseconds>(Clock::now() - asked);
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      result.cancelled = error.code() == boost::asio::error::operation_aborted;
    }
  };
  boost::asio::co_spawn(context, std::move(operation),
                        boost::asio::bind_cancellation_slot(stop.slot(), ended));
  boost::asio::steady_timer timer(context, delay);
  timer.async_wait([&](const boost::system::error_code&) {
    asked = Clock::now();
    stop.emit(boost::asio::cancellation_type::terminal);
  });
  context.run();
  return result;
}

}  // namespace lkdoctor::test
