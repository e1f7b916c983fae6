// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <lkdoctor/clock.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::serve {

/// A variable of the environment; nullopt: not set.
using Variable = std::function<std::optional<std::string>(std::string_view name)>;

/// What the service manager is told, by the protocol of sd_notify(3): datagrams of lines to the socket that
/// NOTIFY_SOCKET names. Nothing is said, and nothing goes wrong, where there is none or nobody listens. Never
/// blocks.
class Notify {
 public:
  /// `pid` is this process: a watchdog that is meant for another one is not ours.
  Notify(const Variable& variable, int pid);

  void ready(std::string_view status) const;    ///< started, or reloaded
  void status(std::string_view text) const;     ///< one line for `systemctl status`
  void reloading(Clock::time_point now) const;  ///< to be followed by ready()
  void stopping() const;
  void alive() const;  ///< to be said from the loop that does the work, every `alive_every()`

  /// Half of what the manager waits for; nullopt: it has no watchdog for us.
  std::optional<Microseconds> alive_every() const noexcept { return alive_every_; }

 private:
  void say(std::string_view lines) const;

  std::string socket_;  ///< a path, or "@name" in the abstract namespace; empty: nobody wants to hear
  std::optional<Microseconds> alive_every_;
};

}  // namespace lkdoctor::serve
