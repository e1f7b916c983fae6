// SPDX-License-Identifier: EUPL-1.2
#include "serve/followers.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <lkdoctor/wall_clock.hpp>

#include "serve/moment.hpp"

namespace lkdoctor::serve {
namespace {

/// "" where nothing can be kept: the history is in memory then.
std::string history_file(const std::string& folder, const Tell& tell) {
  if (folder.empty()) {
    tell("there is no place for the history (--state-dir): it is kept in memory");
    return {};
  }
  std::error_code told_by_the_store;
  std::filesystem::create_directories(folder, told_by_the_store);
  return folder + "/history.sqlite";
}

}  // namespace

Followers::Followers(boost::asio::io_context& context, const Settings& settings, Tell tell)
    : context_(context),
      tell_(std::move(tell)),
      history_(history_file(settings.state_dir, tell_), {}),
      history_driven_(context.get_executor(), history_.fd(), [this] { return advance_history(); }) {
  start_telling(settings);
}

void Followers::start_telling(const Settings& settings) {
  OutboxOptions base;
  base.external_url = settings.web.external_url;
  base.labels = settings.labels;
  auto telling = std::make_unique<Telling>(settings.receivers, base);
  for (const auto& [target, state] : known_) telling->changed(state, Clock::now());
  telling_driven_.reset();
  telling_ = std::move(telling);
  if (telling_->fd() < 0) return;
  telling_driven_.emplace(context_.get_executor(), telling_->fd(), [this] { return advance_telling(); });
}

Clock::time_point Followers::advance_telling() {
  telling_->advance(Clock::now(), wall_ms());
  for (const std::string& sentence : telling_->take_told()) tell_(sentence);
  return telling_->next_wake();
}

Clock::time_point Followers::advance_history() {
  history_.advance(Clock::now());
  for (const std::string& sentence : history_.take_told()) tell_(sentence);
  return history_.next_wake();
}

void Followers::ran(const std::string& target, const Report& report) {
  history_.add(moment_of(target, report, wall_ms()));
  history_driven_.stir();
  live_->ran(target);
}

void Followers::hear(const Event& event, const Report& report, const std::vector<Standing>& causes) {
  if (event.kind != Event::Kind::known) {
    const std::string sentence = sentence_of(event, report);
    tell_(sentence);
    live_->changed(sentence);
  }
  if (event.kind == Event::Kind::flapping) return;
  const TargetState& state = known_[event.target] = state_of(event, report, causes);
  if (!telling_driven_) return;
  telling_->changed(state, Clock::now());
  telling_driven_->stir();
}

void Followers::reload(const Settings& before, const Settings& fresh) {
  for (const Target& target : before.targets) {
    if (fresh.find_target(target.name) != nullptr) continue;
    known_.erase(target.name);
    telling_->forget(target.name, wall_ms(), Clock::now());
  }
  const bool same = fresh.receivers == before.receivers && fresh.labels == before.labels;
  if (!same) start_telling(fresh);
  if (telling_driven_) telling_driven_->stir();
}

boost::asio::awaitable<std::optional<std::map<std::string, Past>>> Followers::past(PastQuestion question) {
  struct Waiting {
    explicit Waiting(boost::asio::io_context& context) : timer(context, Clock::time_point::max()) {}
    boost::asio::steady_timer timer;
    std::optional<std::map<std::string, Past>> answer;
    bool answered = false;
  };
  const auto waiting = std::make_shared<Waiting>(context_);
  const auto answer = [waiting](std::optional<std::map<std::string, Past>> past) {
    waiting->answer = std::move(past);
    waiting->answered = true;
    waiting->timer.cancel();
  };
  history_.ask(question, answer, Clock::now());
  history_driven_.stir();
  boost::system::error_code ignored;
  if (!waiting->answered)
    co_await waiting->timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  co_return std::move(waiting->answer);
}

void Followers::stop(Milliseconds patience) {
  if (!history_.stop(patience)) tell_("the history did not end in time: its last moments may be lost");
}

}  // namespace lkdoctor::serve
