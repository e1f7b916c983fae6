// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/host_ports.hpp>

namespace lkdoctor::probes {
namespace {

/// Fewer are cheap: a hundred take 116 MB and nine seconds.
constexpr std::size_t kManyPorts = 100;

bool is_reserved(const net::EphemeralPorts& ephemeral, std::uint32_t port) {
  return std::ranges::any_of(ephemeral.reserved,
                             [&](const auto& one) { return port >= one.first && port <= one.second; });
}

/// Setting it anew keeps what is reserved already.
std::string command_to_reserve(const net::EphemeralPorts& ephemeral, const PortRange& range) {
  std::string out = "sysctl -w net.ipv4.ip_local_reserved_ports=";
  for (const auto& [first, last] : ephemeral.reserved) out += fmt::format("{}-{},", first, last);
  return out + text(range);
}

}  // namespace

HostPorts look_at_host_ports(const Deployment& deployment) {
  if (deployment.run.vantage != Vantage::livekit_host) return {};
  return {net::ephemeral_ports(), net::docker_proxies()};
}

void judge_ephemeral(const net::EphemeralPorts& ephemeral, const Deployment& deployment, Judgement& judgement,
                     Confidence sure) {
  if (!deployment.livekit || !deployment.livekit->udp || deployment.livekit->udp_is_mux) return;
  const PortRange& range = *deployment.livekit->udp;
  const std::uint32_t first = std::max(range.first, ephemeral.first);
  const std::uint32_t last = std::min(range.last, ephemeral.last);
  std::uint32_t shared = 0;
  for (std::uint32_t port = first; port <= last; ++port) shared += is_reserved(ephemeral, port) ? 0U : 1U;
  if (shared == 0) return;
  Finding& finding = judgement.raise(findings::media_range_overlaps_ephemeral, text(range));
  finding.sure(sure)
      .saying(fmt::format("LiveKit's UDP {} overlaps {}-{}, from which the kernel of its host gives ports to "
                          "every program: {} ports",
                          text(range), ephemeral.first, ephemeral.last, shared))
      .with("ip_local_port_range", fmt::format("{}-{}", ephemeral.first, ephemeral.last))
      .with("ports", shared)
      .command(command_to_reserve(ephemeral, range));
  if (deployment.livekit->udp_origin.known()) finding.at(deployment.livekit->udp_origin);
}

void judge_host_ports(const HostPorts& ports, const Deployment& deployment, Judgement& judgement) {
  const auto& carried = deployment.run.carried;
  if (ports.ephemeral) {
    judge_ephemeral(*ports.ephemeral, deployment, judgement);
  } else if (carried && carried->ephemeral_ports) {
    // It does not tell which of them are reserved.
    const PortRange& told = *carried->ephemeral_ports;
    judge_ephemeral({told.first, told.last, {}}, deployment, judgement, Confidence::possible);
  }
  if (!deployment.livekit || !deployment.livekit->udp) return;
  const PortRange& range = *deployment.livekit->udp;
  const auto published = std::ranges::count_if(
      ports.proxies.ports, [&](std::uint16_t port) { return port >= range.first && port <= range.last; });
  if (std::cmp_less(published, kManyPorts)) return;
  judgement.raise(findings::docker_udp_range_published, text(range))
      .saying(fmt::format("{} UDP ports are published through Docker: {} docker-proxy processes, {} MB",
                          published, ports.proxies.processes, ports.proxies.own_kilobytes / 1024))
      .with("ports", published)
      .with("processes", ports.proxies.processes)
      .with("memory_mb", ports.proxies.own_kilobytes / 1024);
}

}  // namespace lkdoctor::probes
