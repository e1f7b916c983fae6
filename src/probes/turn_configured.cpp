// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <lkdoctor/text.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "probes/turn_wanted.hpp"

namespace lkdoctor::probes {
namespace {

std::string in_url(const std::string& host) {
  return is_numeric_address(host) && family_of(host) == Family::ipv6 ? "[" + host + "]" : host;
}

constexpr std::int64_t kLifetimeSeconds = 600;

void add(std::vector<Wanted>& out, const std::string& url, RelayKind kind,
         proto::TurnCredentials credentials = {}) {
  const auto parsed = proto::parse_ice_url(url);
  if (!parsed || !is_kind(*parsed, kind)) return;
  out.push_back({printable(url, kLongestUrl), *parsed, std::move(credentials), {}, false, true});
}

/// As LiveKit makes them for a participant: a name with its end, and the name's HMAC.
proto::TurnCredentials minted(const Secret& shared) {
  std::string name = std::to_string(wall_seconds() + kLifetimeSeconds) + ":lkdoctor";
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> tag{};
  unsigned int size = 0;
  const std::string& key = shared.reveal();
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(name.data()), name.size(), tag.data(), &size);
  std::string text(4 * ((std::size_t{size} + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()), tag.data(), static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return {std::move(name), Secret(std::move(text))};
}

proto::TurnCredentials credentials_of(const Deployment& deployment, std::size_t server) {
  const auto& known = deployment.secrets.turn_servers;
  if (server >= known.size()) return {};
  if (!known[server].shared.empty()) return minted(known[server].shared);
  return {known[server].username, known[server].credential};
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
  const auto& servers = deployment.livekit->turn_servers;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    add(out, url_of(servers[i]), kind, credentials_of(deployment, i));
  }
  return out;
}

bool names_turn_server(const Deployment& deployment, RelayKind kind) {
  return !configured_servers(deployment, kind).empty();
}

}  // namespace lkdoctor::probes
