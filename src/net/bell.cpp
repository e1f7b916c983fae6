// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <lkdoctor/net/bell.hpp>

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;

/// One coroutine of a crew. `running` guards the signal, whose slot dies with the coroutine.
struct Member {
  asio::cancellation_signal cancel;
  bool running = true;
};

bool is_cancellation(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& thrown) {
    return thrown.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct Bell::Waiter {
  Waiter(std::vector<Waiter*>& waiters, const asio::any_io_executor& executor, Deadline deadline)
      : list(waiters), timer(executor, deadline) {
    list.push_back(this);
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { std::erase(list, this); }

  std::vector<Waiter*>& list;
  asio::steady_timer timer;
  bool rung = false;
};

void Bell::ring() {
  for (Waiter* waiter : waiters_) {
    waiter->rung = true;
    waiter->timer.cancel();
  }
}

asio::awaitable<bool> Bell::wait(Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Waiter waiter(waiters_, executor, deadline);
  (void)co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  co_return waiter.rung;
}

/// Shared with the completion handlers: they may run after the crew's owner was destroyed with its frame.
struct Crew::State {
  struct Shared {
    std::vector<std::unique_ptr<Member>> members;
    std::exception_ptr failure;
    Bell ended;
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();

  bool busy() const {
    return std::ranges::any_of(shared->members, [](const auto& member) { return member->running; });
  }
  asio::awaitable<void> until_idle() const {
    while (busy()) (void)co_await shared->ended.wait(Deadline::max());
  }
};

Crew::Crew() : state_(std::make_unique<State>()) {}
Crew::~Crew() = default;

asio::awaitable<void> Crew::start(asio::awaitable<void> operation) {
  const auto executor = co_await asio::this_coro::executor;
  const auto shared = state_->shared;
  Member* member = shared->members.emplace_back(std::make_unique<Member>()).get();
  const auto done = [shared, member](const std::exception_ptr& error) {
    member->running = false;
    if (error && !shared->failure && !is_cancellation(error)) shared->failure = error;
    shared->ended.ring();
  };
  asio::co_spawn(executor, std::move(operation), asio::bind_cancellation_slot(member->cancel.slot(), done));
}

asio::awaitable<void> Crew::stop() {
  for (const auto& member : state_->shared->members) {
    if (member->running) member->cancel.emit(asio::cancellation_type::terminal);
  }
  co_await state_->until_idle();
}

void Crew::rethrow() const {
  if (state_->shared->failure) std::rethrow_exception(state_->shared->failure);
}

asio::awaitable<void> finally(asio::awaitable<void> work, asio::awaitable<void> last_words) {
  std::exception_ptr error;
  try {
    co_await std::move(work);
  } catch (...) {
    error = std::current_exception();
  }
  // After a cancellation every co_await of this thread would throw, those of the last words included.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await std::move(last_words);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  if (error) std::rethrow_exception(error);
}

asio::awaitable<void> beside(asio::awaitable<void> work, std::vector<asio::awaitable<void>> helpers) {
  Crew crew;
  for (auto& helper : helpers) {
    auto starting = crew.start(std::move(helper));
    co_await std::move(starting);
  }
  helpers.clear();
  auto stopping = crew.stop();
  auto running = finally(std::move(work), std::move(stopping));
  co_await std::move(running);
  crew.rethrow();
}

}  // namespace lkdoctor::net
