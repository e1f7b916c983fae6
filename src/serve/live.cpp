// SPDX-License-Identifier: EUPL-1.2
#include "serve/live.hpp"

#include <algorithm>
#include <lkdoctor/net/bell.hpp>

#include "serve/page.hpp"

namespace lkdoctor::serve {

using boost::asio::awaitable;

Untold::Untold(const LiveLimits& limits, bool texts, Clock::time_point now)
    : limits_(limits), texts_(texts), told_(now), told_run_(now - limits.between_runs) {}

bool Untold::ran(const std::string& target) {
  const bool first = ran_.empty();
  ran_ = target;
  return first;
}

void Untold::changed(const std::string& text) {
  if (changes_.size() == kMostChanges) changes_.erase(changes_.begin());
  if (texts_) {
    changes_.push_back(text);
  } else {
    changes_ = {"Something has changed."};
  }
}

std::string Untold::due(Clock::time_point now) {
  std::string out;
  for (const std::string& text : changes_) out += live_event("changed", text);
  changes_.clear();
  if (!ran_.empty() && now >= told_run_ + limits_.between_runs) {
    out += live_event("ran", ran_);
    ran_.clear();
    told_run_ = now;
  }
  if (out.empty() && now >= told_ + limits_.keep_alive) out = ":\n\n";  // a comment
  if (!out.empty()) told_ = now;
  return out;
}

Clock::time_point Untold::next() const {
  if (!changes_.empty()) return Clock::time_point::min();
  const auto silence = told_ + limits_.keep_alive;
  return ran_.empty() ? silence : std::min(silence, told_run_ + limits_.between_runs);
}

struct Live::State {
  LiveLimits limits;
  std::vector<Page*> pages;
  net::Bell bell;
  bool stopped = false;
};

/// One page that is open.
struct Live::Page {
  Page(std::shared_ptr<State> hub, bool texts, Clock::time_point now)
      : state(std::move(hub)), untold(state->limits, texts, now) {
    state->pages.push_back(this);
  }
  ~Page() { std::erase(state->pages, this); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  static awaitable<std::optional<std::string>> next(std::shared_ptr<Page> page) {
    while (!page->state->stopped) {
      std::string text = page->untold.due(Clock::now());
      if (!text.empty()) co_return text;
      co_await page->state->bell.wait(page->untold.next());
    }
    co_return std::nullopt;
  }

  std::shared_ptr<State> state;
  Untold untold;
};

Live::Live(LiveLimits limits) : state_(std::make_shared<State>()) {
  state_->limits = limits;
}

Live::~Live() {
  stop();
}

void Live::ran(const std::string& target) {
  bool look = false;
  for (Page* page : state_->pages) look |= page->untold.ran(target);
  if (look) state_->bell.ring();
}

void Live::changed(const std::string& text) {
  for (Page* page : state_->pages) page->untold.changed(text);
  state_->bell.ring();
}

Stream Live::subscribe(bool texts) {
  if (state_->pages.size() >= state_->limits.most_pages) return nullptr;
  const auto page = std::make_shared<Page>(state_, texts, Clock::now());
  return [page] { return Page::next(page); };
}

void Live::stop() {
  state_->stopped = true;
  state_->bell.ring();
}

std::size_t Live::pages() const noexcept {
  return state_->pages.size();
}

}  // namespace lkdoctor::serve
