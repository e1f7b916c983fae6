// SPDX-License-Identifier: EUPL-1.2
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <lkdoctor/net/timer.hpp>

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

auto spawned(const asio::any_io_executor& executor, asio::awaitable<void> operation) {
  return asio::co_spawn(executor, std::move(operation), asio::deferred);
}

}  // namespace

asio::awaitable<void> sleep_until(Deadline when) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, when);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> all(std::vector<asio::awaitable<void>> operations) {
  if (operations.empty()) co_return;  // a parallel group over nothing never completes
  const auto executor = co_await asio::this_coro::executor;
  using Spawned = decltype(spawned(executor, std::move(operations.front())));
  std::vector<Spawned> group;
  group.reserve(operations.size());
  for (auto& operation : operations) group.push_back(spawned(executor, std::move(operation)));
  operations.clear();
  auto running = asio::experimental::make_parallel_group(std::move(group))
                     .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  const auto [order, errors] = co_await std::move(running);
  for (const std::size_t index : order) {
    if (errors[index]) std::rethrow_exception(errors[index]);
  }
}

}  // namespace lkdoctor::net
