// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/net/local.hpp>
#include <optional>

/// What LiveKit's own host does with the ports of the range.
namespace lkdoctor::probes {

struct HostPorts {
  std::optional<net::EphemeralPorts> ephemeral;
  net::DockerProxies proxies;
};
LKDOCTOR_JSON(HostPorts, ephemeral, proxies)

/// Of this machine, where it is LiveKit's; else nothing.
HostPorts look_at_host_ports(const Deployment& deployment);

/// Raises media-range-overlaps-ephemeral. `ephemeral` may be a responder's word.
void judge_ephemeral(const net::EphemeralPorts& ephemeral, const Deployment& deployment, Judgement& judgement,
                     Confidence sure = Confidence::proven);
/// The above, and docker-udp-range-published.
void judge_host_ports(const HostPorts& ports, const Deployment& deployment, Judgement& judgement);

}  // namespace lkdoctor::probes
