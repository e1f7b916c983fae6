// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "engine/driven.hpp"
#include "serve/board.hpp"
#include "serve/history.hpp"
#include "serve/live.hpp"
#include "serve/settings.hpp"
#include "serve/telling.hpp"

namespace lkdoctor::serve {

using Tell = std::function<void(const std::string& sentence)>;

/// All who follow what runs find: the history, receivers, pages that are open, and the log.
class Followers {
 public:
  /// Forks: once for the history, once more where there are receivers. Throws std::system_error if there can
  /// be no child. `tell` writes the log.
  Followers(boost::asio::io_context& context, const Settings& settings, Tell tell);

  void ran(const std::string& target, const Report& report);
  void hear(const Event& event, const Report& report, const std::vector<Standing>& causes);
  /// After a reload: receivers hear of targets that are no longer watched; new ones of what stands.
  /// Throws std::system_error if there can be no child; all stays as it was then.
  void reload(const Settings& before, const Settings& fresh);

  /// nullopt: the history does not answer.
  boost::asio::awaitable<std::optional<std::map<std::string, Past>>> past(PastQuestion question);
  const std::shared_ptr<Live>& live() const noexcept { return live_; }

  /// Lets the history be written to its end, within `patience`.
  void stop(Milliseconds patience);

 private:
  void start_telling(const Settings& settings);
  Clock::time_point advance_history();
  Clock::time_point advance_telling();

  boost::asio::io_context& context_;
  Tell tell_;
  History history_;
  engine::Driven history_driven_;
  std::map<std::string, TargetState> known_;  ///< what new receivers have to be told
  std::unique_ptr<Telling> telling_;
  std::optional<engine::Driven> telling_driven_;  ///< empty: there are no receivers
  std::shared_ptr<Live> live_ = std::make_shared<Live>();
};

}  // namespace lkdoctor::serve
