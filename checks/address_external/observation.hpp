// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <cstdio>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/net/stun.hpp>
#include <lkdoctor/url.hpp>
#include <string>
#include <vector>

namespace lkdoctor::checks::address_external {

/// Who named the servers.
enum class Source { nobody, option, livekit, livekit_default, any };
NLOHMANN_JSON_SERIALIZE_ENUM(Source, {{Source::nobody, "nobody"},
                                      {Source::option, "--stun"},
                                      {Source::livekit, "rtc.stun_servers"},
                                      {Source::livekit_default, "LiveKit's default list"},
                                      {Source::any, "--third-party any"}})

struct Choice {
  Source source = Source::nobody;
  std::vector<std::string> servers;  ///< as written, in order
  std::string why_none;
};

/// One server at one address. `address` empty: the name did not resolve, or it is no host:port.
struct Asked {
  std::string name, address, family, problem;
  net::StunReply reply;
};
LKDOCTOR_JSON(Asked, name, address, family, problem, reply)

/// What one socket saw from several destinations (RFC 5780 §4.3, else two servers).
struct Mapping {
  std::string kind;    ///< as in the fact; empty: not known
  std::string method;  ///< "RFC 5780", "two servers", "own address", ""
};
LKDOCTOR_JSON(Mapping, kind, method)

struct Observation {
  Source source = Source::nobody;
  std::vector<Asked> asked;
  Mapping mapping;
  std::string local_address;  ///< we send from it, IPv4 if there is any
  std::uint16_t local_port = 0;
};
LKDOCTOR_JSON(Observation, source, asked, mapping, local_address, local_port)

/// LiveKit's own list since 1.6.0, in its order.
inline std::vector<std::string> default_servers() {
  return {"global.stun.twilio.com:3478", "stun.l.google.com:19302", "stun1.l.google.com:19302"};
}

/// Up to 1.9 LiveKit dials STUN servers over IPv4 alone.
inline bool asks_ipv6(const Deployment& deployment) {
  if (!deployment.livekit) return true;
  int major = 0;
  int minor = 0;
  if (std::sscanf(deployment.livekit->version.c_str(), "%d.%d", &major, &minor) != 2) return true;
  return major > 1 || minor >= 10;
}

/// Hosts that belong to the deployment itself are no third parties.
inline bool is_own_host(const Deployment& deployment, const std::string& server) {
  const auto target = parse_host_port(server, 3478);
  if (!target) return false;
  for (const std::string& text : {deployment.public_url.value, deployment.service_url.value}) {
    const auto url = parse_url(text);
    if (url && url->host == target->host) return true;
  }
  if (!deployment.livekit) return false;
  const auto& node_ip = deployment.livekit->node_ip.value;
  return deployment.livekit->turn.domain == target->host ||
         std::ranges::find(node_ip, target->host) != node_ip.end();
}

inline Choice named_servers(const Deployment& deployment) {
  const RunSettings& run = deployment.run;
  if (!run.stun_servers.empty()) return {Source::option, run.stun_servers, ""};
  if (deployment.livekit) {
    const LiveKitSettings& livekit = *deployment.livekit;
    const bool gathers = livekit.use_external_ip.value || livekit.node_ip.value.empty();
    if (gathers && !livekit.stun_servers.value.empty())
      return {Source::livekit, livekit.stun_servers.value, ""};
    if (livekit.use_external_ip.value) return {Source::livekit_default, default_servers(), ""};
  }
  if (run.third_party == ThirdParty::any) return {Source::any, default_servers(), ""};
  if (!deployment.livekit) {
    return {Source::nobody,
            {},
            "no STUN server is known without LiveKit's configuration (--stun HOST:PORT names one)"};
  }
  return {Source::nobody,
          {},
          "LiveKit learns no address from STUN servers here: use_external_ip is off "
          "(--stun HOST:PORT asks one anyway)"};
}

/// The servers to ask, in LiveKit's own order. No I/O.
inline Choice choose_servers(const Deployment& deployment) {
  Choice choice = named_servers(deployment);
  if (deployment.run.third_party != ThirdParty::none || choice.source == Source::nobody) return choice;
  std::erase_if(choice.servers, [&](const std::string& server) { return !is_own_host(deployment, server); });
  if (!choice.servers.empty()) return choice;
  return {Source::nobody, {}, "--third-party none: STUN servers outside the deployment are not asked"};
}

/// Addresses of one family at which the answering servers saw us, without repetition.
inline std::vector<std::string> seen_at(const Observation& observation, std::string_view family) {
  std::vector<std::string> out;
  for (const Asked& asked : observation.asked) {
    if (asked.family != family || !asked.reply.mapped) continue;
    const std::string& address = asked.reply.mapped->address;
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  return out;
}

inline facts::ExternalAddresses fact_of(const Observation& observation) {
  facts::ExternalAddresses fact;
  for (const Asked& asked : observation.asked) {
    fact.servers.push_back({asked.name, asked.address, asked.family, std::nullopt});
    if (asked.reply.mapped) fact.servers.back().mapped = text(*asked.reply.mapped);
  }
  for (const std::string_view family : {"ipv4", "ipv6"}) {
    const std::vector<std::string> seen = seen_at(observation, family);
    if (seen.size() == 1) fact.agreed.push_back(seen.front());
  }
  fact.mapping = observation.mapping.kind;
  return fact;
}

}  // namespace lkdoctor::checks::address_external
