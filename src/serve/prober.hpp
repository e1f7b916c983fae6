// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/workshop_loop.hpp"
#include "serve/board.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::serve {

/// Judges, diagnoses and redacts. Pure. `deployment` is the target's, as it was when the run began.
using JudgeRun = std::function<Report(const Target& target, Deployment deployment, Recording recording)>;

/// Keeps the agenda: starts what is due in the resident worker, and puts on the board what came of it.
///
/// A reload gets a worker of its own; the former one ends with its runs. What they say of a target that has
/// changed since is dropped.
class Prober {
 public:
  struct Hooks {
    /// A run of this target has ended; its report is on the board.
    std::function<void(const std::string& target)> ran;
    std::function<void(const Event& event)> event;
  };

  /// `checks` must outlive it. `seed`: where the slots of the agenda lie.
  Prober(boost::asio::io_context& context, const engine::CheckList& checks, JudgeRun judge, Hooks hooks,
         std::uint64_t seed);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// At the start, and at each reload.
  void adopt(std::shared_ptr<const Settings> settings);

  const Board& board() const noexcept { return board_; }
  bool is_running(const std::string& target) const { return running_.contains(target); }
  const std::shared_ptr<const Settings>& settings() const noexcept { return settings_; }

  /// Runs those of the module's checks that do not join, within `patience`, and gives what is known of them
  /// then, without the label `target`. Joins keep to the agenda. Where a run of the target is under way, its
  /// end is what counts. When the last who asked is gone, so is the run. Null: the target went with a reload.
  /// REQUIRES: target and module are among the settings; `module` may be empty for the target's own.
  boost::asio::awaitable<std::shared_ptr<const Block>> probe(std::string name, std::string module,
                                                             Milliseconds patience);

  /// Begins nothing any more and ends what runs; workers have `patience` to leave their rooms.
  void stop(Milliseconds patience);

 private:
  struct Shop;
  struct Run;

  JudgeTarget judge_target();
  /// `known`: where what is known of the target stands.
  Run& start(const DueRun& due, const Board& known, std::optional<Milliseconds> patience);
  void ended(const std::string& target, Recording recording);
  void take(const std::string& target, Recording recording);
  void keep_agenda();
  void keep_time();
  void close_idle_shops();
  std::unique_ptr<Board> board_aside(const Target& target, const Module& module);
  boost::asio::awaitable<void> wait_for_end(std::string target, Deadline deadline);

  boost::asio::io_context& context_;
  const engine::CheckList& checks_;
  JudgeRun judge_;
  Hooks hooks_;
  std::shared_ptr<const Settings> settings_;
  Agenda agenda_;
  Board board_;
  std::shared_ptr<Shop> shop_;
  std::vector<std::shared_ptr<Shop>> closing_;  ///< of former settings, until their runs have ended
  std::map<std::string, std::unique_ptr<Run>> running_;
  boost::asio::steady_timer next_, second_;
  bool stopped_ = false;
};

}  // namespace lkdoctor::serve
