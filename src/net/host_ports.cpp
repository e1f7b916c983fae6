// SPDX-License-Identifier: EUPL-1.2
// What this host does with ports of its own: the kernel's range for everybody, and Docker's published ones.
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <lkdoctor/net/local.hpp>

#include "net/proc_text.hpp"

namespace lkdoctor::net {
namespace {

constexpr std::uint32_t kLastPort = 65535;

/// Reads a number and steps over it.
std::optional<std::uint32_t> number(std::string_view& text) {
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || out > kLastPort) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return out;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
}

std::string_view next_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find('\0'));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

/// proc(5), statm: pages resident, and those of them that are shared.
std::uint64_t own_kilobytes(const std::string& process) {
  std::ifstream file(process + "/statm");
  std::uint64_t size = 0, resident = 0, shared = 0;
  if (!(file >> size >> resident >> shared) || shared > resident) return 0;
  return (resident - shared) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace

std::optional<EphemeralPorts> parse_ephemeral(std::string_view range, std::string_view reserved) {
  EphemeralPorts out;
  skip_blanks(range);
  const auto first = number(range);
  skip_blanks(range);
  const auto last = number(range);
  if (!first || !last || *first > *last) return std::nullopt;
  out.first = *first;
  out.last = *last;
  // "8080,50000-60000"
  while (const auto from = number(reserved)) {
    std::optional<std::uint32_t> to = from;
    if (reserved.starts_with('-')) {
      reserved.remove_prefix(1);
      to = number(reserved);
    }
    if (!to) break;
    out.reserved.emplace_back(*from, *to);
    if (!reserved.starts_with(',')) break;
    reserved.remove_prefix(1);
  }
  return out;
}

std::optional<EphemeralPorts> ephemeral_ports() {
  const std::string folder = "/proc/sys/net/ipv4/";
  return parse_ephemeral(proc_text(folder + "ip_local_port_range"),
                         proc_text(folder + "ip_local_reserved_ports"));
}

std::optional<std::uint16_t> udp_port_of_docker_proxy(std::string_view line) {
  if (!next_word(line).ends_with(kDockerProxy)) return std::nullopt;
  bool udp = false;
  std::optional<std::uint32_t> port;
  while (!line.empty()) {
    const std::string_view word = next_word(line);
    if (word == "-proto") udp = next_word(line) == "udp";
    if (word != "-host-port") continue;
    std::string_view digits = next_word(line);
    port = number(digits);
  }
  if (!udp || !port) return std::nullopt;
  return static_cast<std::uint16_t>(*port);
}

DockerProxies docker_proxies() {
  DockerProxies out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string process = entry.path().string();
    if (process.find_first_not_of("0123456789", sizeof "/proc/" - 1) != std::string::npos) continue;
    const auto port = udp_port_of_docker_proxy(proc_text(process + "/cmdline"));
    if (!port) continue;
    ++out.processes;
    out.ports.insert(*port);
    out.own_kilobytes += own_kilobytes(process);
  }
  return out;
}

}  // namespace lkdoctor::net
