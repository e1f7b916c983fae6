// SPDX-License-Identifier: EUPL-1.2
#include "support/fork_gate.hpp"

#include <pthread.h>

#include <chrono>
#include <latch>
#include <new>
#include <shared_mutex>

namespace lkdoctor::test {
namespace {

std::shared_timed_mutex gate;
bool shut = false;

/// Bounded: a server that waits for the one who forks must not hold both up.
void before_fork() {
  shut = gate.try_lock_for(std::chrono::seconds(2));
}
void after_fork() {
  if (shut) gate.unlock();
}
/// The child has none of the threads, and is not the thread that locked.
void in_child() {
  new (&gate) std::shared_timed_mutex;
}

const int registered = pthread_atfork(before_fork, after_fork, in_child);

}  // namespace

std::thread gated_thread(std::function<void()> work) {
  std::latch inside{1};
  std::thread thread([&inside, work = std::move(work)] {
    const std::shared_lock at_work(gate);
    inside.count_down();
    work();
  });
  inside.wait();
  return thread;
}

Waiting::Waiting() {
  gate.unlock_shared();
}
Waiting::~Waiting() {
  gate.lock_shared();
}

}  // namespace lkdoctor::test
