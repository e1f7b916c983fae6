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

std::string parsed(std::string_view text) {
  std::string out;
  for (const ListenAddress& one : parse_listen_address(text))
    out += (out.empty() ? "" : " ") + serve::text(one) + (one.is_loopback() ? " (loopback)" : "");
  return out.empty() ? "none" : out;
}

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

TEST_CASE("listen: addresses are written as everywhere in Prometheus") {
  CHECK(parsed("127.0.0.1:17880") == "127.0.0.1:17880 (loopback)");
  CHECK(parsed("[::1]:17880") == "[::1]:17880 (loopback)");
  CHECK(parsed("localhost:17880") == "127.0.0.1:17880 (loopback) [::1]:17880 (loopback)");
  CHECK(parsed(":17880") == ":17880");
  CHECK(parsed("0.0.0.0:17880") == "0.0.0.0:17880");
  CHECK(parsed("[2001:db8::1]:0") == "[2001:db8::1]:0");
  for (const char* none : {"", "17880", "127.0.0.1", "::1:17880", "probe.example:17880", "127.0.0.1:70000",
                           "127.0.0.1:http", "[127.0.0.1]:80", "127.0.0.1:80 ", "127.0.0.1:-1"})
    CHECK_MESSAGE(parsed(none) == "none", none);
}

TEST_CASE("listen: port 0 is a free one, and an address that is taken is named") {
  const ListeningSocket socket(ListenAddress{"127.0.0.1", 0});
  const auto address = socket.address();
  REQUIRE(address);
  CHECK(address->address == "127.0.0.1");
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
