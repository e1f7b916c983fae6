// SPDX-License-Identifier: EUPL-1.2
#include "serve/line_child.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/worker.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kLongestLine = 32U << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

LineChild::LineChild(Main main) : main_(std::move(main)) {
  start();
}

LineChild::~LineChild() {
  end();
}

void LineChild::start() {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) fail("socketpair");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    engine::confine_worker(pair[1], parent, {});
    main_(pair[1]);
    _exit(0);
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
  watch_.add(socket_);
}

void LineChild::end() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  watch_.remove(socket_);
  close(socket_);
  socket_ = -1;
  input_.clear();
  output_.clear();
}

void LineChild::say(const std::string& lines) {
  output_ += lines;
  flush();
}

void LineChild::finish() const {
  shutdown(socket_, SHUT_WR);
}

void LineChild::flush() {
  std::size_t done = 0;
  while (done < output_.size()) {
    const ssize_t sent = send(socket_, output_.data() + done, output_.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) break;  // full, or the child is gone: that is seen where it is heard
    done += static_cast<std::size_t>(sent);
  }
  output_.erase(0, done);
  watch_.want_write(socket_, !output_.empty());
}

LineChild::Heard LineChild::hear() {
  Heard out;
  flush();
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t got = recv(socket_, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      out.gone = got == 0 || errno != EAGAIN;
      return out;
    }
    input_.append(chunk.data(), static_cast<std::size_t>(got));
    cut(out);
    if (out.gone) return out;
  }
}

void LineChild::cut(Heard& into) {
  std::size_t begin = 0;
  for (std::size_t end; (end = input_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    into.lines.push_back(input_.substr(begin, end - begin));
  }
  input_.erase(0, begin);
  into.gone = input_.size() > kLongestLine;
}

}  // namespace lkdoctor::serve
