// SPDX-License-Identifier: EUPL-1.2
// Processes and the owners of sockets, from /proc (proc(5)).
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <lkdoctor/net/local.hpp>
#include <map>
#include <memory>
#include <set>

#include "net/listening.hpp"
#include "net/proc_text.hpp"

namespace lkdoctor::net {
namespace {

constexpr std::size_t kLongestName = 15;  // TASK_COMM_LEN without its NUL

std::vector<std::string> names_in(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), &closedir);
  std::vector<std::string> out;
  if (!open) return out;
  while (const dirent* entry = readdir(open.get())) out.emplace_back(entry->d_name);
  return out;
}

std::vector<int> all_pids() {
  std::vector<int> out;
  for (const std::string& name : names_in("/proc")) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && end == name.data() + name.size()) out.push_back(pid);
  }
  return out;
}

std::string folder_of(int pid) {
  return "/proc/" + std::to_string(pid);
}

std::string first_argument_base(int pid) {
  const std::string arguments = proc_text(folder_of(pid) + "/cmdline");
  const std::string first = arguments.substr(0, arguments.find('\0'));
  return first.substr(first.find_last_of('/') + 1);
}

/// The kernel's own name, at most 15 characters.
std::string short_name(int pid) {
  std::string name = proc_text(folder_of(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

/// 0: it has none here, or is not to be seen.
int parent_of(int pid) {
  constexpr std::string_view kParent = "\nPPid:\t";
  const std::string status = proc_text(folder_of(pid) + "/status");
  const std::size_t at = status.find(kParent);
  int parent = 0;
  if (at != std::string::npos) {
    const char* number = status.data() + at + kParent.size();
    std::from_chars(number, status.data() + status.size(), parent);
  }
  return parent;
}

/// It has ended, and its parent has not asked how (proc(5), "State").
bool is_dead(int pid) {
  const std::string status = proc_text(folder_of(pid) + "/status");
  return status.find("\nState:\tZ") != std::string::npos || status.find("\nState:\tX") != std::string::npos;
}

std::string program_of(int pid) {
  const std::string name = short_name(pid);
  const std::string argument = first_argument_base(pid);
  return argument.starts_with(name) ? argument : name;
}

/// The files below /proc/PID/net have inode numbers of their own in each network namespace. Unlike
/// /proc/PID/ns/net they can be looked at for processes of other users too.
ino_t network_of(const std::string& process) {
  struct stat status {};
  return stat((process + "/net/dev").c_str(), &status) == 0 ? status.st_ino : 0;
}

/// By its control group: the engines put their name into it. A process namespace alone is no container.
bool is_contained(int pid) {
  constexpr std::array<std::string_view, 6> kEngines{"docker",   "containerd", "libpod",
                                                     "kubepods", "crio",       "lxc"};
  const std::string group = proc_text(folder_of(pid) + "/cgroup");
  return std::ranges::any_of(
      kEngines, [&](std::string_view engine) { return group.find(engine) != std::string::npos; });
}

std::vector<Listener> listeners_of(const std::string& process, std::vector<std::uint64_t>& inodes) {
  std::vector<Listener> out = parse_listeners(proc_text(process + "/net/tcp"), inodes);
  const std::vector<Listener> v6 = parse_listeners(proc_text(process + "/net/tcp6"), inodes);
  out.insert(out.end(), v6.begin(), v6.end());
  return out;
}

std::vector<std::uint16_t> ports_of(const std::string& process) {
  std::vector<std::uint64_t> inodes;
  std::vector<std::uint16_t> out;
  for (const Listener& listener : listeners_of(process, inodes)) out.push_back(listener.port);
  return out;
}

/// Which of `wanted` sockets each process holds, as far as its descriptors may be read.
std::map<std::uint64_t, int> owners_of(const std::set<std::uint64_t>& wanted) {
  std::map<std::uint64_t, int> out;
  constexpr std::string_view kPrefix = "socket:[";
  for (const int pid : all_pids()) {
    const std::string folder = folder_of(pid) + "/fd/";
    for (const std::string& name : names_in(folder)) {
      std::array<char, 64> target{};
      const ssize_t size = readlink((folder + name).c_str(), target.data(), target.size());
      const std::string_view link(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      if (!link.starts_with(kPrefix)) continue;
      std::uint64_t inode = 0;
      std::from_chars(link.data() + kPrefix.size(), link.data() + link.size(), inode);
      if (wanted.contains(inode)) out.emplace(inode, pid);
    }
  }
  return out;
}

/// Of those for which `wanted`; looking through every process is what costs.
void name_owners(std::vector<Listener>& sockets, const std::vector<std::uint64_t>& inodes, auto wanted) {
  std::set<std::uint64_t> looked_for;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (wanted(sockets.at(i))) looked_for.insert(inodes.at(i));
  }
  if (looked_for.empty()) return;
  const auto owners = owners_of(looked_for);
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto owner = owners.find(inodes.at(i));
    if (owner == owners.end()) continue;
    sockets.at(i).pid = owner->second;
    sockets.at(i).program = program_of(owner->second);
  }
}

}  // namespace

bool sees_processes_of_others() {
  std::set<int> ours{getpid()};
  for (int pid = getppid(); pid > 0 && ours.insert(pid).second;) pid = parent_of(pid);
  return std::ranges::any_of(all_pids(), [&](int pid) { return !ours.contains(pid); });
}

std::vector<Listener> tcp_listeners(std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  std::optional<std::vector<Listener>> told = ask_for_listeners(inodes);
  std::vector<Listener> out = told ? std::move(*told) : listeners_of("/proc/self", inodes);
  name_owners(out, inodes, [port](const Listener& one) { return port == 0 || one.port == port; });
  return out;
}

std::vector<Listener> udp_sockets(std::uint16_t first, std::uint16_t last) {
  std::vector<Listener> out;
  std::vector<std::uint64_t> inodes;
  for (const char* table : {"/proc/self/net/udp", "/proc/self/net/udp6"}) {
    std::vector<std::uint64_t> all;
    const std::vector<Listener> found = parse_udp_sockets(proc_text(table), all);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found.at(i).port < first || found.at(i).port > last) continue;
      out.push_back(found.at(i));
      inodes.push_back(all.at(i));
    }
  }
  name_owners(out, inodes, [](const Listener&) { return true; });
  return out;
}

std::vector<LocalProcess> processes_named(const std::vector<std::string>& names) {
  std::vector<LocalProcess> out;
  const ino_t mine = network_of("/proc/self");
  for (const int pid : all_pids()) {
    const std::string name = short_name(pid);
    const auto found = std::ranges::find_if(
        names, [&](const std::string& wanted) { return name == wanted.substr(0, kLongestName); });
    if (found == names.end() || is_dead(pid)) continue;
    LocalProcess process{pid, *found, false, is_contained(pid), {}};
    process.this_network = mine != 0 && network_of(folder_of(pid)) == mine;
    // A table of another network that is no container's concerns nobody, and costs milliseconds.
    if (process.this_network || process.contained) process.listens_on = ports_of(folder_of(pid));
    out.push_back(std::move(process));
  }
  return out;
}

Surroundings look_around(std::uint16_t port) {
  return {interface_addresses(), tcp_listeners(port),
          processes_named({"livekit-server", "opentalk-controller"})};
}

}  // namespace lkdoctor::net
