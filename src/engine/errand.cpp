// SPDX-License-Identifier: EUPL-1.2
#include "engine/errand.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/worker.hpp"

namespace lkdoctor::engine {
namespace {

namespace asio = boost::asio;
using Work = std::function<asio::awaitable<std::string>()>;

constexpr std::size_t kMostBytes = 1 << 20;

void send_all(int socket, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// The child's main. What is not said is an answer, too.
[[noreturn]] void run_child(int socket, const Work& work) noexcept {
  asio::io_context io{1};
  asio::co_spawn(io, work(), [&](const std::exception_ptr& error, const std::string& said) {
    if (!error) send_all(socket, said);
  });
  io.run();
  _exit(0);
}

class Errand {
 public:
  explicit Errand(const Work& work) {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) fail("socketpair");
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) {
      confine_worker(pair[1], parent, {});
      run_child(pair[1], work);
    }
    const int error = errno;
    close(pair[1]);
    socket_ = pair[0];
    if (pid_ > 0) return;
    close(socket_);
    errno = error;
    fail("fork");
  }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;
  ~Errand() {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    close(socket_);
  }

  std::optional<std::string> wait(Deadline deadline, int stop_fd) const {
    std::string said;
    while (said.size() <= kMostBytes) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
      std::array<pollfd, 2> events{pollfd{socket_, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
      const int ready =
          poll(events.data(), events.size(), static_cast<int>(std::max<Milliseconds::rep>(left.count(), 0)));
      if (ready < 0 && errno == EINTR) continue;
      if (events[1].revents != 0) return std::nullopt;
      if (ready <= 0) return "";
      std::array<char, 65536> chunk{};
      const ssize_t got = recv(socket_, chunk.data(), chunk.size(), 0);
      if (got == 0) return said;
      if (got < 0) return "";
      said.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return "";
  }

 private:
  [[noreturn]] static void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }

  pid_t pid_ = -1;
  int socket_ = -1;
};

}  // namespace

std::optional<std::string> run_errand(const Work& work, Deadline deadline, int stop_fd) {
  return Errand(work).wait(deadline, stop_fd);
}

}  // namespace lkdoctor::engine
