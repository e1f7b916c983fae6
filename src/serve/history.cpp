// SPDX-License-Identifier: EUPL-1.2
#include "serve/history.hpp"

#include <poll.h>

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <system_error>

#include "serve/history_writer.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostUnderWay = 1U << 20;
constexpr Milliseconds kPatience{5000};
constexpr std::chrono::seconds kLongestPause{60};

}  // namespace

History::History(std::string path, const HistoryLimits& limits)
    : child_([path = std::move(path), limits](int socket) { run_history_writer(socket, path, limits); }) {}

/// Its successor gets everything that was not confirmed. One that dies at once is not started at once again.
void History::lose_child(Clock::time_point now) {
  child_.end();
  sent_ = waiting_.empty() ? numbers_ : waiting_.front().number - 1;
  restart_at_ = now + std::min(std::chrono::seconds(1 << std::min(deaths_, 6)), kLongestPause);
  if (deaths_++ == 0)
    told_.emplace_back("the process that keeps the history has died; another one is started");
  auto asked = std::exchange(asked_, {});
  for (auto& [number, one] : asked) one.answer(std::nullopt);
}

void History::add(const Moment& moment) {
  const std::uint64_t number = ++numbers_;
  waiting_.push_back({number, dump_line({{"moment", moment}, {"number", number}}) + "\n"});
  if (waiting_.size() > kMostWaiting) {
    if (dropped_++ == 0)
      told_.emplace_back("the history is slow: the oldest runs that wait for it are dropped");
    waiting_.pop_front();
  }
  send_more();
}

void History::ask(const PastQuestion& question, Answer answer, Clock::time_point now) {
  const bool possible = child_.alive() && asked_.size() < kMostAsked;
  const std::uint64_t number = ++numbers_;
  asked_[number] = {std::move(answer), possible ? now + kPatience : now};
  if (!possible) return;
  send_more();  // what does not fit under way comes after the question, and is not in its answer
  child_.say(dump_line({{"question", question}, {"number", number}}) + "\n");
}

void History::send_more() {
  if (!child_.alive()) return;
  std::string lines;
  for (const Line& line : waiting_) {
    if (line.number <= sent_) continue;
    if (child_.unsaid() + lines.size() > kMostUnderWay) break;
    lines += line.text;
    sent_ = line.number;
  }
  child_.say(lines);
}

void History::advance(Clock::time_point now) {
  if (child_.alive() && !receive()) lose_child(now);
  if (!child_.alive() && restart_at_ && now >= *restart_at_) restart(now);
  send_more();
  answer_late(now);
}

void History::restart(Clock::time_point now) {
  restart_at_.reset();
  try {
    child_.start();
  } catch (const std::system_error&) {  // no process is to be had now
    restart_at_ = now + kLongestPause;
  }
}

bool History::receive() {
  const LineChild::Heard heard = child_.hear();
  for (const std::string& line : heard.lines) take(line);
  return !heard.gone;
}

void History::take(const std::string& line) {
  const Json message = Json::parse(line, nullptr, false);
  deaths_ = 0;
  if (message.contains("told")) {
    told_.push_back(message.at("told").get<std::string>());
  } else if (message.contains("kept")) {
    const auto kept = message.at("kept").get<std::uint64_t>();
    while (!waiting_.empty() && waiting_.front().number <= kept) waiting_.pop_front();
    if (waiting_.empty()) dropped_ = 0;
  } else if (message.contains("past")) {
    const auto asked = asked_.extract(message.at("number").get<std::uint64_t>());
    if (!asked.empty()) asked.mapped().answer(message.at("past").get<std::map<std::string, Past>>());
  }
}

void History::answer_late(Clock::time_point now) {
  std::vector<Answer> late;
  for (auto one = asked_.begin(); one != asked_.end();) {
    if (one->second.until > now) {
      ++one;
      continue;
    }
    late.push_back(std::move(one->second.answer));
    one = asked_.erase(one);
  }
  for (const Answer& answer : late) answer(std::nullopt);
}

Clock::time_point History::next_wake() const {
  Clock::time_point next = restart_at_.value_or(Clock::time_point::max());
  for (const auto& [number, one] : asked_) next = std::min(next, one.until);
  return next;
}

std::vector<std::string> History::take_told() {
  return std::exchange(told_, {});
}

bool History::stop(Milliseconds patience) {
  const Clock::time_point until = Clock::now() + patience;
  restart_at_.reset();
  while (child_.alive()) {
    send_more();
    // Everything is under way: the end of file behind it lets the child commit and end.
    if (child_.unsaid() == 0 && (waiting_.empty() || sent_ == waiting_.back().number)) child_.finish();
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() <= 0) break;
    pollfd ready{child_.fd(), POLLIN, 0};
    poll(&ready, 1, static_cast<int>(left.count()));
    if (!receive()) child_.end();
  }
  child_.end();
  return waiting_.empty();
}

}  // namespace lkdoctor::serve
