// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/text.hpp>

#include "probes/turn_wanted.hpp"

namespace lkdoctor::probes {
namespace {

std::string in_url(const std::string& host) {
  return is_numeric_address(host) && family_of(host) == Family::ipv6 ? "[" + host + "]" : host;
}

void add(std::vector<Wanted>& out, const std::string& url, RelayKind kind) {
  const auto parsed = proto::parse_ice_url(url);
  if (!parsed || !is_kind(*parsed, kind)) return;
  out.push_back({printable(url, kLongestUrl), *parsed, {}, {}, false, true});
}

/// As LiveKit writes it: "tls", "udp", and TCP for anything else.
std::string url_of(const LiveKitTurnServer& server) {
  const bool tls = server.protocol == "tls", udp = server.protocol == "udp";
  return fmt::format("{}:{}:{}?transport={}", tls ? "turns" : "turn", in_url(server.host), server.port,
                     udp ? "udp" : "tcp");
}

}  // namespace

bool is_kind(const proto::IceUrl& url, RelayKind kind) {
  return url.turn && url.tcp == (kind == RelayKind::tls);
}

std::vector<Wanted> configured_servers(const Deployment& deployment, RelayKind kind) {
  std::vector<Wanted> out;
  if (!deployment.livekit) return out;
  const LiveKitTurn& own = deployment.livekit->turn;
  const auto& node_ip = deployment.livekit->node_ip.value;
  if (own.enabled && own.udp_port != 0 && !node_ip.empty() && is_numeric_address(node_ip.front())) {
    add(out, fmt::format("turn:{}:{}?transport=udp", in_url(node_ip.front()), own.udp_port), kind);
  }
  if (own.enabled && own.tls_port != 0 && !own.domain.empty()) {
    add(out, fmt::format("turns:{}:{}?transport=tcp", own.domain, kToldTlsPort), kind);
  }
  for (const LiveKitTurnServer& server : deployment.livekit->turn_servers) add(out, url_of(server), kind);
  return out;
}

bool names_turn_server(const Deployment& deployment, RelayKind kind) {
  return !configured_servers(deployment, kind).empty();
}

}  // namespace lkdoctor::probes
