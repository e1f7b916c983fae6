// SPDX-License-Identifier: EUPL-1.2
#include "serve/listen.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <system_error>

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

/// What a child with these descriptors at 3 and 4 finds; its exit status.
int in_child(int third, int fourth, const std::function<int()>& look) {
  const pid_t child = fork();
  if (child == 0) {
    const int a = fcntl(third, F_DUPFD, 20), b = fcntl(fourth, F_DUPFD, 20);
    dup2(a, 3);
    dup2(b, 4);
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "2", 1);
    _exit(look());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("listen: localhost is both loopback addresses") {
  std::string out;
  for (const ListenAddress& one : numeric({"localhost", 17880})) out += serve::text(one) + " ";
  CHECK(out == "127.0.0.1:17880 [::1]:17880 ");
  CHECK(numeric({"", 17880}) == std::vector<ListenAddress>{{"", 17880}});
  CHECK(serve::text(ListenAddress{"", 17880}) == ":17880");
}

TEST_CASE("listen: port 0 is a free one, and an address that is taken is named") {
  const ListeningSocket socket(ListenAddress{"127.0.0.1", 0});
  const auto address = socket.address();
  REQUIRE(address);
  CHECK(address->host == "127.0.0.1");
  CHECK(address->port != 0);
  std::string message;
  try {
    const ListeningSocket again(*address);
  } catch (const std::system_error& error) {
    message = error.what();
  }
  CHECK(message == "cannot listen on " + text(*address) + ": Address already in use");
}

TEST_CASE("listen: the sockets that systemd opened are taken over, and what is none is told") {
  const ListeningSocket socket(ListenAddress{"127.0.0.1", 0});
  const std::uint16_t port = socket.address()->port;
  const int plain = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const auto look = [&] {
    const Inherited got = inherited_sockets();
    const bool right = got.sockets.size() == 1 && got.sockets[0].address()->port == port &&
                       (fcntl(3, F_GETFD) & FD_CLOEXEC) != 0 && std::getenv("LISTEN_FDS") == nullptr &&
                       got.problem ==
                           "Descriptor 4 of LISTEN_FDS is no listening stream socket; give the socket unit "
                           "ListenStream=.";
    return right && inherited_sockets().sockets.empty() ? 7 : 8;
  };
  CHECK(in_child(socket.descriptor(), plain, look) == 7);
  close(plain);
}

TEST_CASE("listen: sockets that were meant for another process are left alone") {
  const ListeningSocket socket(ListenAddress{"127.0.0.1", 0});
  const auto look = [] {
    setenv("LISTEN_PID", "1", 1);
    const Inherited got = inherited_sockets();
    return got.sockets.empty() && got.problem.empty() ? 7 : 8;
  };
  CHECK(in_child(socket.descriptor(), socket.descriptor(), look) == 7);
}
