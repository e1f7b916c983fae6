// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "engine/watch.hpp"
#include "engine/worker.hpp"

namespace lkdoctor::engine {

/// The engine's end of one worker process. The destructor kills and reaps it.
class Child {
 public:
  /// Forks. `scope` is what the child sees for its whole life. `watch`, which must outlive this, shows what
  /// it says and its end. Throws std::system_error. REQUIRES: this process has one thread.
  Child(const Scope& scope, const WorkerLimits& limits, const Watch& watch);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send(const std::string& lines);  ///< never blocks
  /// Whole lines that have come; the rest next time, if there are many. Sets broken() if one is too long.
  std::vector<std::string> receive();
  bool broken() const noexcept { return broken_; }
  bool dead() const;

  /// Kills it if it still lives and reaps it. "crashed (signal 11)", "ran out of memory", …
  std::string end();
  /// The check whose code it ran last; exact once end() was called, unless it had left that code by then.
  std::optional<Mark> current() const { return mark_.current(); }
  /// Tells it to clean up; it ends by itself within 1 s. Reaps it if it does so within `patience`; if not,
  /// it is left alone and this process's parent or init reaps it later.
  void dismiss(Milliseconds patience);

 private:
  void flush();

  const Watch& watch_;
  SharedMark mark_;
  pid_t pid_ = -1;
  int socket_ = -1, pidfd_ = -1;
  std::string input_, output_;
  bool broken_ = false;
};

}  // namespace lkdoctor::engine
