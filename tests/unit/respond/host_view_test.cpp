// SPDX-License-Identifier: EUPL-1.2
#include "respond/host_view.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace lkdoctor::respond;

namespace {

/// A TCP port that another process has, on this address.
class HeldElsewhere {
 public:
  explicit HeldElsewhere(std::uint32_t address) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    socklen_t size = sizeof at;
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
    holder_ = fork();
    if (holder_ == 0) {
      pause();
      _exit(0);
    }
    close(listener);
  }
  HeldElsewhere(const HeldElsewhere&) = delete;
  HeldElsewhere& operator=(const HeldElsewhere&) = delete;
  ~HeldElsewhere() {
    kill(holder_, SIGKILL);
    waitpid(holder_, nullptr, 0);
  }
  std::uint16_t port() const { return port_; }

 private:
  pid_t holder_ = -1;
  std::uint16_t port_ = 0;
};

TcpPort found(const HeldElsewhere& held) {
  TcpPort port{held.port(), TcpPort::State::in_use, ""};
  find_owner(port);
  return port;
}

}  // namespace

TEST_CASE("a TCP port that a program has on loopback alone is not one that others are to reach") {
  const HeldElsewhere inside(INADDR_LOOPBACK), everywhere(INADDR_ANY);
  CHECK(found(inside).state == TcpPort::State::on_loopback);
  CHECK(found(everywhere).state == TcpPort::State::in_use);
  CHECK(found(everywhere).owner == "test_respond");
  CHECK(json_of({found(inside)}) ==
        lkdoctor::Json::array(
            {{{"port", inside.port()}, {"state", "in_use_on_loopback"}, {"owner", "test_respond"}}}));
}
