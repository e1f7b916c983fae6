// SPDX-License-Identifier: EUPL-1.2
#include "serve/history_writer.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kMostPending = 500;

class Writer {
 public:
  Writer(int socket, const std::string& path, const HistoryLimits& limits)
      : socket_(socket), interval_(limits.interval), store_(path, limits) {}

  void serve() {
    tell();
    while (read_some()) {
      std::size_t begin = 0;
      for (std::size_t end; (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
        take(Json::parse(std::string_view(input_).substr(begin, end - begin)));
      }
      input_.erase(0, begin);
      if (!pending_.empty() && Clock::now() >= commit_at_) commit();
    }
    commit();
  }

 private:
  /// False: the other side is gone. Waits no longer than until the next commit.
  bool read_some() {
    const auto left = std::chrono::ceil<Milliseconds>(commit_at_ - Clock::now());
    const int patience =
        pending_.empty() ? -1 : static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0));
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, patience) <= 0) return true;
    std::array<char, 65536> chunk{};
    const ssize_t got = recv(socket_, chunk.data(), chunk.size(), 0);
    if (got < 0) return errno == EINTR;
    input_.append(chunk.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  void take(const Json& line) {
    const auto number = line.at("number").get<std::uint64_t>();
    if (line.contains("question")) {
      commit();
      say({{"past", store_.read(line.at("question").get<PastQuestion>())}, {"number", number}});
      tell();
      return;
    }
    if (pending_.empty()) commit_at_ = Clock::now() + interval_;
    pending_.push_back(line.at("moment").get<Moment>());
    last_ = number;
    if (pending_.size() >= kMostPending) commit();
  }

  void commit() {
    if (pending_.empty()) return;
    store_.add(pending_);
    pending_.clear();
    tell();
    say({{"kept", last_}});
  }

  void tell() {
    for (const std::string& sentence : store_.take_told()) say({{"told", sentence}});
  }

  /// Waits for the other side to read. If it is gone, that is seen where it is read from.
  void say(const Json& message) const {
    const std::string line = dump_line(message) + "\n";
    for (std::string_view rest = line; !rest.empty();) {
      const ssize_t sent = send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  int socket_;
  Milliseconds interval_;
  HistoryStore store_;
  std::string input_;
  std::vector<Moment> pending_;
  std::uint64_t last_ = 0;
  Clock::time_point commit_at_;
};

}  // namespace

void run_history_writer(int socket, const std::string& path, const HistoryLimits& limits) noexcept {
  Writer(socket, path, limits).serve();
  _exit(0);
}

}  // namespace lkdoctor::serve
