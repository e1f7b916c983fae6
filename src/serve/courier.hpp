// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/line_child.hpp"
#include "serve/post.hpp"

namespace lkdoctor::serve {

/// Takes bodies to receivers, by a child process: names are resolved and servers are waited for there, this
/// never waits. What is under way when the child dies was not delivered, as far as anybody knows; another one
/// is started.
///
/// Call advance() as soon as fd() is readable or next_wake() has come.
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
class Courier {
 public:
  using Answer = std::function<void(const Delivered&, Clock::time_point now)>;

  /// Forks. Throws std::system_error if there can be no child.
  explicit Courier(std::vector<Receiver> receivers);

  /// `answer` is called once, from advance(), within some 15 s, unless this ends before.
  /// REQUIRES: nothing is under way to that receiver.
  void send(std::size_t receiver, const Delivery& delivery, Answer answer, Clock::time_point now);

  void advance(Clock::time_point now);
  int fd() const noexcept { return child_.fd(); }  ///< the same for life
  Clock::time_point next_wake() const;             ///< max(): only fd() says
  /// Sentences for the operator, since the last call.
  std::vector<std::string> take_told();

  pid_t child() const noexcept { return child_.id(); }  ///< -1: there is none now

 private:
  struct UnderWay {
    Answer answer;
    Clock::time_point until;
  };

  bool listen(Clock::time_point now);  ///< false: the child is gone, or says what makes no sense
  bool take(const std::string& line, Clock::time_point now);
  bool is_late(Clock::time_point now) const;
  void lose_child(Clock::time_point now);
  void restart(Clock::time_point now);
  void give_up_all(Clock::time_point now);

  std::vector<std::optional<UnderWay>> under_way_;  ///< of each receiver
  LineChild child_;
  std::vector<std::string> told_;
  int deaths_ = 0;  ///< since the last word of a child
  Clock::time_point restart_at_ = Clock::time_point::max();
};

}  // namespace lkdoctor::serve
