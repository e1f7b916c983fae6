// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <memory>
#include <string>
#include <vector>

#include "serve/response.hpp"

namespace lkdoctor::serve {

struct LiveLimits {
  std::size_t most_pages = 64;
  Milliseconds between_runs{1000};  ///< at most one "ran" to a page in this time
  Milliseconds keep_alive{15'000};  ///< without an event; what stands between drops silent connections
};

/// What one page has not been told yet. Pure: events and times in, text out.
class Untold {
 public:
  /// `texts`: of a change this page hears what it is, else only that there is one.
  Untold(const LiveLimits& limits, bool texts, Clock::time_point now);

  /// True: who waits until next() has to look again.
  bool ran(const std::string& target);
  void changed(const std::string& text);

  /// Events, or a comment that keeps the connection; "": nothing before next().
  std::string due(Clock::time_point now);
  Clock::time_point next() const;

  static constexpr std::size_t kMostChanges = 16;  ///< the latest ones; older ones have no listener any more

 private:
  LiveLimits limits_;
  bool texts_;
  std::string ran_;  ///< the target; "": none
  std::vector<std::string> changes_;
  Clock::time_point told_, told_run_;
};

/// The hub of server-sent events: pages that are open hear that a run has ended, and what has changed. On one
/// thread.
class Live {
 public:
  explicit Live(LiveLimits limits = {});
  ~Live();  ///< stop()
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  /// A run of this target has ended; of several within a second the last is named.
  void ran(const std::string& target);
  /// `text` is read aloud, on every page that may show it.
  void changed(const std::string& text);

  /// What follows for one page, from now on; `texts` false: that something has changed, and not what. Null:
  /// there are as many as can be. Its place is free again when the last copy of the stream is gone.
  Stream subscribe(bool texts = true);
  /// Ends every stream; later ones end at once.
  void stop();

  std::size_t pages() const noexcept;

 private:
  struct State;
  struct Page;
  std::shared_ptr<State> state_;
};

}  // namespace lkdoctor::serve
