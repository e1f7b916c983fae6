// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <thread>

/// A fork copies the locks of a process, and not the threads that hold them: what they held (the allocator's,
/// the sanitizer's) stays locked in the child for ever. lkdoctor has one thread where it forks; tests have
/// servers beside it. So their threads work inside a gate, and a fork waits until each waits for somebody.
namespace lkdoctor::test {

/// A thread that is inside the gate, from before this returns until `work` is done. It does not end while its
/// owner may fork: `work` should end when it is told to, and not before.
std::thread gated_thread(std::function<void()> work);

/// Outside the gate, while this lives. REQUIRES: a gated thread, which waits in a system call meanwhile.
class Waiting {
 public:
  Waiting();
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

}  // namespace lkdoctor::test
