// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <memory>
#include <vector>

namespace lkdoctor::net {

/// Tells coroutines of one thread that something they wait for may have come. Look first, wait then: a ring
/// without a listener is not kept.
class Bell {
 public:
  Bell() = default;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  /// Wakes everybody who waits.
  void ring();
  /// True: it rang; false: the deadline came. Throws operation_aborted if cancelled from outside.
  boost::asio::awaitable<bool> wait(Deadline deadline);

  struct Waiter;

 private:
  std::vector<Waiter*> waiters_;
};

/// Coroutines that run beside their owner, on its thread. What one of them throws ends that one, and is kept
/// for the owner.
/// REQUIRES: they end soon after they are cancelled; stop() is awaited before what they refer to is gone.
class Crew {
 public:
  Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();

  boost::asio::awaitable<void> start(boost::asio::awaitable<void> operation);
  /// Cancels all and waits for their end. Best said as last_words of finally().
  boost::asio::awaitable<void> stop();
  /// Throws what the first of them threw that was no cancellation; nothing otherwise.
  void rethrow() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs `work` with `helpers` beside it. When `work` has ended, the helpers are cancelled and waited for;
/// then whatever `work` threw is thrown again, else what a helper threw: without it `work` has seen a silence
/// that was ours.
boost::asio::awaitable<void> beside(boost::asio::awaitable<void> work,
                                    std::vector<boost::asio::awaitable<void>> helpers);

/// Runs `work`, then `last_words` whatever became of it, also when this coroutine was cancelled meanwhile:
/// leaving a room, giving back a relay. Then what `work` threw is thrown again.
/// REQUIRES: last_words has a short deadline of its own and does not throw.
boost::asio::awaitable<void> finally(boost::asio::awaitable<void> work,
                                     boost::asio::awaitable<void> last_words);

}  // namespace lkdoctor::net
