// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <functional>
#include <optional>

#include "serve/history_store.hpp"
#include "serve/line_child.hpp"

namespace lkdoctor::serve {

/// The last day of every target, kept by a child process: the disk may take its time, this never waits for
/// it. What the child has not confirmed is kept here and given to its successor if it dies; beyond
/// `kMostWaiting` the oldest is dropped, and said.
///
/// Call advance() as soon as fd() is readable or next_wake() has come.
/// REQUIRES: this process has one thread; SIGCHLD is not ignored.
class History {
 public:
  /// nullopt: the child died, or said nothing in time.
  using Answer = std::function<void(std::optional<std::map<std::string, Past>>)>;
  static constexpr std::size_t kMostWaiting = 4096;  ///< moments
  static constexpr std::size_t kMostAsked = 64;      ///< questions at a time; more are answered by nullopt

  /// Forks. `path` empty: in memory. Throws std::system_error if there can be no child.
  History(std::string path, const HistoryLimits& limits);
  ~History() = default;  ///< kills the child; a commit that runs is in the file or not, as a whole
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  void add(const Moment& moment);
  /// `answer` is called once, from advance(), within some seconds, unless this ends before. Moments that were
  /// added before are in it, unless very many are waiting.
  void ask(const PastQuestion& question, Answer answer, Clock::time_point now);

  void advance(Clock::time_point now);
  int fd() const noexcept { return child_.fd(); }  ///< the same for life
  Clock::time_point next_wake() const;             ///< max(): only fd() says
  /// Sentences for the operator, since the last call.
  std::vector<std::string> take_told();

  std::size_t unconfirmed() const noexcept { return waiting_.size(); }
  pid_t child() const noexcept { return child_.id(); }  ///< -1: there is none now

  /// Lets the child commit what it was given and end. False: it did not within `patience`.
  bool stop(Milliseconds patience);

 private:
  struct Line {
    std::uint64_t number;
    std::string text;
  };
  struct Asked {
    Answer answer;
    Clock::time_point until;
  };

  void lose_child(Clock::time_point now);
  void restart(Clock::time_point now);
  void send_more();
  bool receive();  ///< false: the child is gone
  void take(const std::string& line);
  void answer_late(Clock::time_point now);

  LineChild child_;
  std::deque<Line> waiting_;  ///< moments that are not confirmed
  std::uint64_t sent_ = 0;    ///< number of the last moment that was said to the child
  std::uint64_t numbers_ = 0;
  std::map<std::uint64_t, Asked> asked_;
  std::vector<std::string> told_;
  std::uint64_t dropped_ = 0;  ///< since it was said last
  int deaths_ = 0;             ///< since the last word of a child
  std::optional<Clock::time_point> restart_at_;
};

}  // namespace lkdoctor::serve
