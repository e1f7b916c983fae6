// SPDX-License-Identifier: EUPL-1.2
#include "net/listening.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

using namespace lkdoctor;

namespace {

/// For the calling process and for good: socket(AF_NETLINK) is refused, as some containers' filters do.
bool refuse_netlink() {
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool found_in_the_table(std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  if (!refuse_netlink() || net::ask_for_listeners(inodes) || !inodes.empty()) return false;
  const auto all = net::tcp_listeners(port);
  return std::ranges::any_of(
      all, [port](const net::Listener& one) { return one.port == port && one.address == "127.0.0.1"; });
}

}  // namespace

TEST_CASE("the kernel tells a listening socket with its address, port and inode, and none that is bound") {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const int one : {listening, bound})
    REQUIRE(bind(one, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 1) == 0);
  struct stat status {};
  REQUIRE(fstat(listening, &status) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  std::vector<std::uint64_t> inodes;
  const auto told = net::ask_for_listeners(inodes);
  if (!told) {
    MESSAGE("this machine has no sock_diag");
    close(listening);
    close(bound);
    return;
  }
  REQUIRE(told->size() == inodes.size());
  const auto found = std::ranges::find(inodes, status.st_ino);
  REQUIRE(found != inodes.end());
  const net::Listener& mine = told->at(static_cast<std::size_t>(found - inodes.begin()));
  CHECK(mine.address == "127.0.0.1");
  CHECK(mine.port == ntohs(address.sin_port));
  REQUIRE(fstat(bound, &status) == 0);
  CHECK(std::ranges::find(inodes, status.st_ino) == inodes.end());
  close(listening);
  close(bound);
}

TEST_CASE("where the kernel may not be asked, the listening socket is found in /proc/net/tcp") {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listening, 1) == 0);
  REQUIRE(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const pid_t child = fork();
  if (child == 0) _exit(found_in_the_table(ntohs(address.sin_port)) ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  close(listening);
}
