// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

std::string ufw_ports(const Scene& scene) {
  std::string range = scene.range();
  std::ranges::replace(range, '-', ':');
  return range;
}

std::string ports_of(const Scene& scene, bool tcp_too) {
  const auto& livekit = scene.deployment.livekit;
  const std::string udp = scene.range().empty() ? "LiveKit's UDP range" : "UDP " + scene.range();
  return udp + (tcp_too && livekit ? fmt::format(" and TCP {}", livekit->tcp_port.value) : "");
}

/// The address itself refuses a good part of the ports (ICMP errors are rationed), which LiveKit has opened:
/// a router that does not forward them, or a firewall that says so.
bool refuses_itself(const Scene& scene, const std::string& address) {
  constexpr std::size_t kShare = 4;
  const AddressView* view = scene.find(address);
  if (view == nullptr || view->refused < 2) return false;
  return static_cast<std::size_t>(view->refused) * kShare >= view->silent.size();
}

void say_what_to_forward(const Scene& scene, const std::string& address, bool tcp_too, Finding& finding) {
  finding.change(fmt::format(
      "Forward {} on the router that has {} to LiveKit's host: {} itself refuses these ports. Where "
      "that is LiveKit's host, take the rule out of its firewall that rejects them",
      ports_of(scene, tcp_too), address, address));
}

/// ICE-lite never sends first, so that its packets cannot show another address.
std::string check_first(const Scene& scene, const std::string& address) {
  if (!scene.best->link.ice_lite || scene.is_livekits(address)) return {};
  const auto& livekit = scene.deployment.livekit;
  const bool known = livekit && livekit->node_ip.origin.known();
  const std::string where = known ? ", " + text(livekit->node_ip.origin) : "";
  return fmt::format(
      "Check first that {} is LiveKit's address (rtc.node_ip{}), for nothing of it answers "
      "there. If it is: ",
      address, where);
}

}  // namespace

void say_what_to_open(const Scene& scene, const std::string& address, bool tcp_too, Finding& finding) {
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->udp_origin.known()) finding.at(livekit->udp_origin);
  if (refuses_itself(scene, address)) return say_what_to_forward(scene, address, tcp_too, finding);
  const std::string first = check_first(scene, address);
  finding.change(fmt::format(
      "{}{}pen {} inbound to {} in provider firewall, router and host firewall; where outbound is "
      "filtered too, let LiveKit's packets from these ports out",
      first, first.empty() ? "O" : "o", ports_of(scene, tcp_too), address));
  if (!scene.range().empty()) finding.command(fmt::format("ufw allow {}/udp", ufw_ports(scene)));
  if (tcp_too && livekit) finding.command(fmt::format("ufw allow {}/tcp", livekit->tcp_port.value));
  if (!first.empty() && livekit && livekit->node_ip.origin.known()) finding.at(livekit->node_ip.origin);
}

}  // namespace lkdoctor::probes::media
