// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/worker.hpp"

namespace lkdoctor::engine {

/// The engine's end of one worker process. The destructor kills and reaps it.
class Child {
 public:
  /// Forks. `plan` and `deployment` are what the child sees for its whole life. Throws std::system_error.
  /// REQUIRES: this process has one thread.
  Child(const std::vector<PlannedCheck>& plan, const Deployment& deployment, const WorkerLimits& limits);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// What to poll: its socket and its end.
  std::array<pollfd, 2> events() const;

  void send(const std::string& lines);  ///< never blocks
  /// Whole lines that have come; sets broken() if it said too much or too long a line.
  std::vector<std::string> receive();
  bool broken() const noexcept { return broken_; }
  bool dead() const;

  /// Kills it if it still lives and reaps it. "crashed (signal 11)", "ran out of memory", …
  std::string end();
  /// The check whose code it ran last; exact once end() was called, unless it had left that code by then.
  std::optional<std::size_t> current() const { return mark_.current(); }
  /// Tells it to clean up; it ends by itself within 1 s. Reaps it if it does so within `patience`; if not,
  /// it is left alone and this process's parent or init reaps it later.
  void dismiss(Milliseconds patience);

 private:
  void flush();

  SharedMark mark_;
  pid_t pid_ = -1;
  int socket_ = -1, pidfd_ = -1;
  std::string input_, output_;
  std::size_t received_ = 0;
  bool broken_ = false;
};

}  // namespace lkdoctor::engine
