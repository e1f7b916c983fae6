// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What this machine knows of itself without asking the network. Nothing here fails: what cannot be read, or
/// not without root, is left out.
namespace lkdoctor::net {

struct LocalAddress {
  std::string interface, address;
  unsigned prefix_length = 0;
  bool loopback = false;
  /// True if `other` is in this interface's network.
  bool on_link(std::string_view other) const;
};
LKDOCTOR_JSON(LocalAddress, interface, address, prefix_length, loopback)
/// Of every interface that is up, IPv6 link-local addresses left out.
std::vector<LocalAddress> interface_addresses();

struct Listener {
  std::string address;  ///< "0.0.0.0" and "::" for all
  std::uint16_t port = 0;
  int pid = 0;          ///< 0: owner not visible
  std::string program;  ///< base name of the program; empty: owner not visible
};
LKDOCTOR_JSON(Listener, address, port, pid, program)
/// Listening TCP sockets of this network namespace; owners are looked up for those on `port` alone, 0: for
/// all.
std::vector<Listener> tcp_listeners(std::uint16_t port);

/// UDP sockets of this network namespace on these ports, with their owners as far as visible.
std::vector<Listener> udp_sockets(std::uint16_t first, std::uint16_t last);

struct LocalProcess {
  int pid = 0;
  std::string program;                    ///< the name asked for
  bool this_network = false;              ///< it runs in our network namespace
  bool contained = false;                 ///< a container engine runs it
  std::vector<std::uint16_t> listens_on;  ///< TCP ports of its network, if it is ours or a container
};
LKDOCTOR_JSON(LocalProcess, pid, program, this_network, contained, listens_on)
/// False in a process namespace of our own (a container), and where /proc hides what others run (proc(5),
/// hidepid): a program that is not seen may run all the same.
bool sees_processes_of_others();
/// Running programs with one of these base names; not those that have ended and are still listed.
std::vector<LocalProcess> processes_named(const std::vector<std::string>& names);

/// Ports that the kernel hands out to sockets without one (ip-sysctl: ip_local_port_range), but for
/// `reserved`.
struct EphemeralPorts {
  std::uint32_t first = 0, last = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> reserved;  ///< first, last
};
LKDOCTOR_JSON(EphemeralPorts, first, last, reserved)
/// Of this network namespace; nullopt: not to be read.
std::optional<EphemeralPorts> ephemeral_ports();
/// Of the texts of the two settings; nullopt: no range.
std::optional<EphemeralPorts> parse_ephemeral(std::string_view range, std::string_view reserved);

inline constexpr std::string_view kDockerProxy = "docker-proxy";  ///< the program's name
/// Has ports that Docker publishes: the engine holds them itself where it starts no docker-proxy.
constexpr bool holds_published_ports(std::string_view program) {
  return program == kDockerProxy || program == "dockerd";
}
/// Docker's processes that hold a published UDP port each.
struct DockerProxies {
  int processes = 0;
  std::set<std::uint16_t> ports;
  std::uint64_t own_kilobytes = 0;  ///< memory that none of them shares
};
LKDOCTOR_JSON(DockerProxies, processes, ports, own_kilobytes)
DockerProxies docker_proxies();
/// The published UDP port of a docker-proxy's command line (words end in NUL); nullopt: none.
std::optional<std::uint16_t> udp_port_of_docker_proxy(std::string_view command_line);

/// Everything together, for deciding where a run stands.
struct Surroundings {
  std::vector<LocalAddress> addresses;
  std::vector<Listener> listeners;
  std::vector<LocalProcess> processes;  ///< livekit-server and opentalk-controller alone
};
LKDOCTOR_JSON(Surroundings, addresses, listeners, processes)
/// `port`: LiveKit's, if it is known: then only its owner is looked up, which saves milliseconds.
Surroundings look_around(std::uint16_t port = 0);

/// The listening sockets of a /proc/net/tcp or tcp6 table (owners not filled in). Lines that are none are
/// skipped. `inodes` gets one entry for each.
std::vector<Listener> parse_listeners(std::string_view table, std::vector<std::uint64_t>& inodes);
/// The same for /proc/net/udp and udp6, in any state.
std::vector<Listener> parse_udp_sockets(std::string_view table, std::vector<std::uint64_t>& inodes);

}  // namespace lkdoctor::net
