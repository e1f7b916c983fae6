// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <lkdoctor/net/local.hpp>

using namespace lkdoctor;

TEST_CASE("a listening socket of this process is seen with its port, address and owner") {
  const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listening, 1) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const auto listeners = net::tcp_listeners(port);
  const auto found = std::ranges::find(listeners, port, &net::Listener::port);
  REQUIRE(found != listeners.end());
  CHECK(found->address == "127.0.0.1");
  CHECK(found->pid == getpid());
  CHECK(found->program == "test_net");
  const auto processes = net::processes_named({"test_net"});
  const auto self = std::ranges::find(processes, getpid(), &net::LocalProcess::pid);
  REQUIRE(self != processes.end());
  CHECK(self->this_network);
  CHECK(std::ranges::find(self->listens_on, found->port) != self->listens_on.end());
  close(listening);
}

TEST_CASE("a program that has ended and is still listed does not run") {
  const int child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(0);
  siginfo_t ended{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT) == 0);  // leaves it a zombie
  const auto processes = net::processes_named({"test_net"});
  CHECK(std::ranges::find(processes, getpid(), &net::LocalProcess::pid) != processes.end());
  CHECK(std::ranges::find(processes, child, &net::LocalProcess::pid) == processes.end());
  CHECK(waitpid(child, nullptr, 0) == child);
}

TEST_CASE("the loopback interface is among the interfaces, with its network") {
  const auto addresses = net::interface_addresses();
  const auto found = std::ranges::find(addresses, "127.0.0.1", &net::LocalAddress::address);
  REQUIRE(found != addresses.end());
  CHECK(found->loopback);
  CHECK(found->prefix_length == 8);
}

TEST_CASE("an address is on the link of its network alone") {
  const net::LocalAddress docker{"docker0", "172.17.0.1", 16, false};
  CHECK(docker.on_link("172.17.255.9"));
  CHECK_FALSE(docker.on_link("172.18.0.1"));
  CHECK_FALSE(docker.on_link("fd00::1"));
  CHECK_FALSE(docker.on_link("nonsense"));
  const net::LocalAddress v6{"eth0", "2001:db8:0:1::5", 62, false};
  CHECK(v6.on_link("2001:db8:0:3::1"));
  CHECK_FALSE(v6.on_link("2001:db8:0:4::1"));
}

TEST_CASE("a socket table is read with what is broken in it left out") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1EC8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 "
      "100 0\n"
      "   1: 0100007F:1EC9 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 "
      "100 0\n"
      "   2: 0100007:1EC8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0 "
      "100 0\n"
      "   3: 00000000000000000000000000000000:1EC9 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 "
      "00:00000000 00000000     0        0 4714 1 0 100 0\n"
      "   4: 0100007F:FFFFF 00000000:0000 0A";
  std::vector<std::uint64_t> inodes;
  const auto listeners = net::parse_listeners(table, inodes);
  REQUIRE(listeners.size() == 2);
  CHECK(listeners[0].address == "127.0.0.1");
  CHECK(listeners[0].port == 7880);
  CHECK(listeners[1].address == "::");
  CHECK(listeners[1].port == 7881);
  CHECK(inodes == std::vector<std::uint64_t>{4711, 4714});
}

TEST_CASE("local: the kernel's range for everybody, and what is reserved of it") {
  const auto both = net::parse_ephemeral("32768\t60999\n", "8080,50000-60000\n");
  REQUIRE(both);
  CHECK(both->first == 32768);
  CHECK(both->last == 60999);
  using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  CHECK(both->reserved == Pairs{{8080, 8080}, {50000, 60000}});
  CHECK(net::parse_ephemeral("1024 65535", "\n")->reserved.empty());
  for (const char* text : {"", "32768", "60999 32768", "x y", "1 99999"}) {
    CAPTURE(text);
    CHECK_FALSE(net::parse_ephemeral(text, ""));
  }
  CHECK(net::parse_ephemeral("1 2", "7-")->reserved.empty());
}

TEST_CASE("local: a docker-proxy's command line names the published port") {
  const auto line = [](const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += word + '\0';
    return out;
  };
  CHECK(net::udp_port_of_docker_proxy(
            line({"/usr/sbin/docker-proxy", "-proto", "udp", "-host-ip", "0.0.0.0", "-host-port", "20017",
                  "-container-ip", "172.17.0.2", "-container-port", "20017"})) == 20017);
  CHECK_FALSE(net::udp_port_of_docker_proxy(line({"docker-proxy", "-proto", "tcp", "-host-port", "7881"})));
  CHECK_FALSE(net::udp_port_of_docker_proxy(line({"docker-proxy", "-proto", "udp"})));
  CHECK_FALSE(net::udp_port_of_docker_proxy(line({"docker-proxy", "-proto", "udp", "-host-port"})));
  CHECK_FALSE(net::udp_port_of_docker_proxy(line({"grep", "-proto", "udp", "-host-port", "20017"})));
  CHECK_FALSE(net::udp_port_of_docker_proxy(""));
}
