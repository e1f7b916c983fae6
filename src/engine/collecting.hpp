// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "engine/protocol.hpp"
#include "engine/schedule.hpp"
#include "model/recording.hpp"

namespace lkdoctor::engine {

struct Progress {
  std::string check;  ///< id
  enum class Step { started, finished } step;
};

struct JobOptions {
  /// May be empty. Called while the job goes on: it must not call back into what runs it.
  std::function<void(const Progress&)> on_progress;
  Clock::time_point begun = Clock::now();  ///< of the run, of which something may have passed already
  std::optional<Milliseconds> patience{};  ///< less than the deployment's deadline: this counts
  std::map<std::string, Json> facts{};     ///< what its checks know from the beginning
};

/// One run of a plan as the engine sees it: which checks are to start, what they said, what is overdue. No
/// I/O: messages and time in, orders and the recording out.
class Collecting {
 public:
  /// `grace`: for a check to end once it is cancelled. `deployment` must outlive this.
  Collecting(std::vector<PlannedCheck> plan, const Deployment& deployment, Milliseconds grace,
             JobOptions options);
  Collecting(const Collecting&) = delete;
  Collecting& operator=(const Collecting&) = delete;

  /// Orders for what can start now; whose job and whose target they are is the caller's to say. Afterwards
  /// something is running, or it is finished.
  std::vector<Order> start(Clock::time_point now);
  /// The worker has the order: its check has started.
  void sent(const Order& order) const { progress(order.run, Progress::Step::started); }
  /// What the worker said of this job. What it says of a check that does not run is ignored.
  void hear(Message message);
  /// Gives up what did not end within the grace.
  void enforce_deadlines(Clock::time_point now);
  Deadline next_wake() const;  ///< of enforce_deadlines(). REQUIRES: something is running.

  /// The worker is gone, and with it every fact it knew. The guilty check (its id) fails for `reason`; what
  /// else was running is to start once more. Nobody may be guilty, or a check that has ended already.
  void start_over(std::optional<std::string_view> guilty, const std::string& reason);
  /// From now on no two checks run at the same time, so that it is plain whose fault the next end is.
  void one_at_a_time() { schedule_.one_at_a_time(); }

  /// What waits fails as interrupted; what runs has the grace to end, which is the caller's to ask of it.
  void cancel(Clock::time_point now);
  void fail_rest(const std::string& reason);
  void interrupt();  ///< at once; nobody waits for what runs

  std::vector<std::string_view> running() const;  ///< ids
  bool is_running() const { return !schedule_.running().empty(); }
  bool finished() const { return schedule_.finished(); }
  /// A check was given up and may still be at it in the worker.
  bool left_behind() const noexcept { return left_behind_; }
  Recording take(Clock::time_point now);  ///< REQUIRES: finished

 private:
  struct State {
    Milliseconds granted{0};
    Deadline deadline;
  };

  const CheckInfo& info(std::size_t check) const { return plan_[check].check->info(); }
  Collected& collected(std::size_t check) { return recording_.collected[std::string(info(check).id)]; }
  std::optional<std::size_t> running_place_of(std::string_view id) const;
  void progress(std::string_view check, Progress::Step step) const;
  Order order(std::size_t check, Clock::time_point now);
  void fail(std::size_t check, const std::string& reason);
  void end(std::size_t check);
  void store_fact(std::size_t check, Message message);
  void count(const std::string& effect);

  const std::vector<PlannedCheck> plan_;
  const Deployment& deployment_;
  Milliseconds grace_;
  JobOptions options_;
  Redactor redactor_;
  Schedule schedule_;
  std::vector<State> states_;
  Recording recording_;
  std::map<std::string, Json> untold_;  ///< facts the worker does not know yet
  Deadline end_;
  bool stirred_ = true;  ///< something happened since the last start()
  bool left_behind_ = false;
};

}  // namespace lkdoctor::engine
