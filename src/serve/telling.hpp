// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/courier.hpp"

namespace lkdoctor::serve {

/// Tells receivers what has changed: an outbox for each of them, and a courier for all.
///
/// Call advance() after changed() and forget(), and as soon as fd() is readable or next_wake() has come.
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
class Telling {
 public:
  /// Forks, if there are receivers. Throws std::system_error if there can be no child.
  Telling(std::vector<Receiver> receivers, const OutboxOptions& base);
  Telling(const Telling&) = delete;
  Telling& operator=(const Telling&) = delete;

  /// As Outbox says of tell() and forget().
  void changed(const TargetState& state, Clock::time_point now);
  void forget(const std::string& target, std::int64_t at_ms, Clock::time_point now);

  void advance(Clock::time_point now, std::int64_t now_ms);
  int fd() const noexcept;  ///< the same for life; -1 without receivers
  Clock::time_point next_wake() const;
  /// Sentences for the operator, since the last call: that a receiver does not take what it is told, and that
  /// it does again, once each.
  std::vector<std::string> take_told();

  pid_t child() const noexcept;  ///< -1: there is none

 private:
  struct Told {
    std::string name;
    std::unique_ptr<Outbox> outbox;
    bool fails = false;
  };

  void answered(Told& one, const Delivered& delivered, Clock::time_point now);

  std::vector<Told> receivers_;
  std::vector<std::string> told_;
  std::unique_ptr<Courier> courier_;
};

}  // namespace lkdoctor::serve
