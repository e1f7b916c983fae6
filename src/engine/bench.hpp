// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <memory>

#include "engine/child.hpp"
#include "engine/collecting.hpp"

namespace lkdoctor::engine {

/// One worker and the jobs that share it. The worker is forked for the first order, and again after each end
/// of it that was not ours.
class Bench {
 public:
  struct Job {
    std::size_t target;
    std::unique_ptr<Collecting> collecting;
    std::size_t said = 0;  ///< bytes, through the worker that lives
  };
  using Jobs = std::map<JobNumber, Job>;

  /// `alone`: one check runs at a time, and new jobs have no place here. Scope, limits and watch must outlive
  /// this.
  Bench(const Scope& scope, const WorkerLimits& limits, const Watch& watch, bool alone)
      : scope_(scope), limits_(limits), watch_(watch), open_(!alone), alone_(alone) {}

  void add(JobNumber number, Job job);
  void cancel(JobNumber number, Clock::time_point now);

  /// Hears the worker, gives up what is overdue, starts what can start. `late`: this process itself stood
  /// still (SIGSTOP, a busy host), and so may the worker have.
  void advance(Clock::time_point now, bool late);
  /// When advance() has something to do though nothing is heard; the epoch: at once; max(): never.
  Deadline next_wake() const;

  Jobs take_finished();
  /// Jobs of which one check did something for which nobody can be blamed. Each needs a bench of its own.
  Jobs take_suspects() { return std::exchange(suspects_, {}); }

  /// New jobs may join: no check that ran here was given up. One that was may still be at it, so such a
  /// worker ends with the jobs that it has.
  bool is_open() const noexcept { return open_; }
  bool is_empty() const noexcept { return jobs_.empty(); }

  /// Ends all jobs at once. The worker cleans up by itself; it is waited for no longer than `patience`.
  void stop(Milliseconds patience);

 private:
  /// What is known of who made the worker end: the mark is exact if it stopped by itself; if not, its job may
  /// be known.
  struct Trace {
    bool exact = false;
    std::optional<JobNumber> job;
  };
  struct Guilty {
    JobNumber job;
    std::string_view check;
  };

  void listen(Clock::time_point now);
  void replace(const std::string& reason, Trace trace);
  void order(JobNumber number, Job& job, Clock::time_point now);
  bool is_busy() const;
  std::optional<Guilty> named_by(const Mark& mark) const;
  std::optional<Guilty> only_one(std::optional<JobNumber> among) const;

  const Scope& scope_;
  const WorkerLimits& limits_;
  const Watch& watch_;
  bool open_, alone_;
  Jobs jobs_, suspects_;
  std::unique_ptr<Child> worker_;
  Clock::time_point last_tick_;
};

}  // namespace lkdoctor::engine
