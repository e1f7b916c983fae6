// SPDX-License-Identifier: EUPL-1.2
#include "engine/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/protocol.hpp"

namespace lkdoctor::engine {
namespace {

/// More than a socket holds: what a dead worker has said is read to its end in one go.
constexpr std::size_t kMostAtOnce = 4 << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return "crashed (signal " + std::to_string(WTERMSIG(status)) + ")";
  if (WEXITSTATUS(status) == kOutOfMemory) return "ran out of memory";
  return "ended its process (exit status " + std::to_string(WEXITSTATUS(status)) + ")";
}

}  // namespace

Child::Child(const Scope& scope, const WorkerLimits& limits, const Watch& watch) : watch_(watch) {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) fail("socketpair");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    confine_worker(pair[1], parent, limits);
    run_worker(pair[1], scope, mark_, limits);
  }
  const int error = errno;
  close(pair[1]);
  socket_ = pair[0];
  if (pid_ < 0) {
    close(socket_);
    errno = error;
    fail("fork");
  }
  fcntl(socket_, F_SETFL, O_NONBLOCK);
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));  // glibc 2.36 declares it without C linkage
  watch_.add(socket_);
  watch_.add(pidfd_);
}

Child::~Child() {
  if (pid_ > 0) end();
  for (const int fd : {socket_, pidfd_}) {
    if (fd < 0) continue;
    watch_.remove(fd);
    close(fd);
  }
}

void Child::send(const std::string& lines) {
  output_ += lines;
  flush();
}

void Child::flush() {
  if (output_.empty()) return;
  std::string_view rest = output_;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // full, or the worker is gone: its end is seen elsewhere
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  output_.erase(0, output_.size() - rest.size());
  watch_.want_write(socket_, !output_.empty());
}

std::vector<std::string> Child::receive() {
  flush();
  std::array<char, 65536> chunk{};
  std::vector<std::string> lines;
  for (std::size_t read = 0; read < kMostAtOnce;) {
    const ssize_t got = recv(socket_, chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    read += static_cast<std::size_t>(got);
    input_.append(chunk.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t feed; (feed = input_.find('\n', begin)) != std::string::npos; begin = feed + 1) {
      lines.push_back(input_.substr(begin, feed - begin));
    }
    input_.erase(0, begin);
    broken_ = broken_ || input_.size() > kLineLimit;
    if (broken_) break;
  }
  return lines;
}

bool Child::dead() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

std::string Child::end() {
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return ending(status);
}

void Child::dismiss(Milliseconds patience) {
  shutdown(socket_, SHUT_WR);
  kill(pid_, SIGUSR1);
  pollfd ended{pidfd_, POLLIN, 0};
  if (pidfd_ >= 0) poll(&ended, 1, static_cast<int>(patience.count()));
  if (dead()) {
    end();
  } else {
    pid_ = -1;
  }
}

}  // namespace lkdoctor::engine
