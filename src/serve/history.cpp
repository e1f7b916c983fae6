// SPDX-License-Identifier: EUPL-1.2
#include "serve/history.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <lkdoctor/text.hpp>
#include <system_error>

#include "engine/worker.hpp"
#include "serve/history_writer.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostUnderWay = 1U << 20, kLongestLine = 32U << 20;
constexpr Milliseconds kPatience{5000};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

History::History(std::string path, const HistoryLimits& limits)
    : path_(std::move(path)), limits_(limits), watch_(epoll_create1(EPOLL_CLOEXEC)) {
  if (watch_ < 0) fail("epoll_create1");
  try {
    start();
  } catch (...) {
    close(watch_);
    throw;
  }
}

History::~History() {
  reap();
  close(watch_);
}

void History::start() {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) fail("socketpair");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    engine::confine_worker(pair[1], parent, {});
    run_history_writer(pair[1], path_, limits_);
  }
  const int error = errno;
  close(pair[1]);
  if (pid_ < 0) {
    close(pair[0]);
    errno = error;
    fail("fork");
  }
  socket_ = pair[0];
  fcntl(socket_, F_SETFL, O_NONBLOCK);
  epoll_event event{EPOLLIN, {}};
  epoll_ctl(watch_, EPOLL_CTL_ADD, socket_, &event);
  restart_at_.reset();
}

void History::reap() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  epoll_ctl(watch_, EPOLL_CTL_DEL, socket_, nullptr);
  close(socket_);
  socket_ = -1;
}

/// Its successor gets everything that was not confirmed. One that dies at once is not started at once again.
void History::lose_child(Clock::time_point now) {
  reap();
  input_.clear();
  output_.clear();
  sent_ = waiting_.empty() ? numbers_ : waiting_.front().number - 1;
  restart_at_ = now + std::chrono::seconds(std::min(1 << std::min(deaths_, 6), 60));
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
  const bool possible = pid_ > 0 && asked_.size() < kMostAsked;
  const std::uint64_t number = ++numbers_;
  asked_[number] = {std::move(answer), possible ? now + kPatience : now};
  if (!possible) return;
  send_more();  // what does not fit under way comes after the question, and is not in its answer
  output_ += dump_line({{"question", question}, {"number", number}}) + "\n";
  send_more();
}

void History::send_more() {
  if (pid_ <= 0) return;
  for (const Line& line : waiting_) {
    if (line.number <= sent_) continue;
    if (output_.size() > kMostUnderWay) break;
    output_ += line.text;
    sent_ = line.number;
  }
  std::size_t done = 0;
  while (done < output_.size()) {
    const ssize_t sent = send(socket_, output_.data() + done, output_.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) break;  // full, or the child is gone: that is seen where it is read from
    done += static_cast<std::size_t>(sent);
  }
  output_.erase(0, done);
  watch(!output_.empty());
}

void History::watch(bool writing) const {
  epoll_event event{writing ? EPOLLIN | EPOLLOUT : static_cast<std::uint32_t>(EPOLLIN), {}};
  epoll_ctl(watch_, EPOLL_CTL_MOD, socket_, &event);
}

void History::advance(Clock::time_point now) {
  if (pid_ > 0 && !receive()) lose_child(now);
  if (pid_ <= 0 && restart_at_ && now >= *restart_at_) {
    try {
      start();
    } catch (const std::system_error&) {  // no process is to be had now
      restart_at_ = now + std::chrono::seconds(60);
    }
  }
  send_more();
  answer_late(now);
}

bool History::receive() {
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t got = recv(socket_, chunk.data(), chunk.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    input_.append(chunk.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end; (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      take(input_.substr(begin, end - begin));
    }
    input_.erase(0, begin);
    if (input_.size() > kLongestLine) return false;
  }
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
  while (pid_ > 0) {
    send_more();
    // Everything is under way: the end of file behind it lets the child commit and end.
    if (output_.empty() && (waiting_.empty() || sent_ == waiting_.back().number)) shutdown(socket_, SHUT_WR);
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() <= 0) break;
    pollfd ready{socket_, static_cast<short>(POLLIN | (output_.empty() ? 0 : POLLOUT)), 0};
    poll(&ready, 1, static_cast<int>(left.count()));
    if (!receive()) reap();
  }
  reap();
  return waiting_.empty();
}

}  // namespace lkdoctor::serve
