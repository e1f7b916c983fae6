// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/plan.hpp"

namespace lkdoctor::engine {

/// Which check may start when. No I/O and no time: facts and endings in, starts and skips out. Checks are
/// named by their place in the plan.
class Schedule {
 public:
  explicit Schedule(const std::vector<PlannedCheck>& plan);

  /// Checks that start now; they count as running from here on. A check waits until its `needs` are there and
  /// nobody who gives its `after` is still to end; one that runs `alone` also until nothing else can run.
  std::vector<std::size_t> start();

  struct Skip {
    std::size_t check;
    std::string reason;  ///< names the missing fact and who should have given it
  };
  /// Checks whose `needs` can no longer come; they count as ended from here on.
  std::vector<Skip> give_up();

  void published(const std::string& fact) { facts_.insert(fact); }
  void ended(std::size_t check) { states_[check] = State::ended; }
  /// A running check is to be run once more.
  void again(std::size_t check) { states_[check] = State::waiting; }
  /// From now on no two checks run at the same time.
  void one_at_a_time() { alone_ = true; }

  bool is_one_at_a_time() const noexcept { return alone_; }
  bool finished() const;
  std::vector<std::size_t> running() const { return in(State::running); }
  std::vector<std::size_t> waiting() const { return in(State::waiting); }

 private:
  enum class State { waiting, running, ended };
  std::vector<std::size_t> in(State state) const;
  const CheckInfo& info(std::size_t check) const { return plan_[check].check->info(); }
  /// Somebody who has not ended may still publish it.
  bool may_come(std::string_view fact, std::size_t for_check) const;
  bool is_ready(std::size_t check) const;
  /// The first needed fact that is missing and cannot come; nullptr: none.
  const std::string_view* missing(std::size_t check) const;
  std::string reason_for(std::string_view fact) const;

  const std::vector<PlannedCheck>& plan_;
  std::vector<State> states_;
  std::set<std::string, std::less<>> facts_;
  bool alone_ = false;
};

}  // namespace lkdoctor::engine
