// SPDX-License-Identifier: EUPL-1.2
#include "net/until.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

/// Never throws: `||` would take a thrown exception for "not finished yet".
asio::awaitable<void> caught(asio::awaitable<void> operation, std::exception_ptr* error) {
  try {
    co_await std::move(operation);
  } catch (...) {
    *error = std::current_exception();
  }
}

}  // namespace

asio::awaitable<bool> ended_before(Deadline deadline, asio::awaitable<void> operation) {
  using namespace asio::experimental::awaitable_operators;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  std::exception_ptr error;
  auto work = caught(std::move(operation), &error);
  auto bell = timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto first = co_await (std::move(work) || std::move(bell));
  // An outer cancel looks like the bell, since the bell's error is part of its value.
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (first.index() == 0 && error) std::rethrow_exception(error);
  co_return first.index() == 0;
}

}  // namespace lkdoctor::net
