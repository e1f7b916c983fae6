// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <algorithm>
#include <cstdio>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/net/stun.hpp>
#include <lkdoctor/probes/stun_servers.hpp>
#include <lkdoctor/url.hpp>
#include <string>
#include <vector>

namespace lkdoctor::checks::address_external {

using Source = probes::StunSource;
using Choice = probes::StunChoice;

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

/// Up to 1.9 LiveKit dials STUN servers over IPv4 alone.
inline bool asks_ipv6(const Deployment& deployment) {
  if (!deployment.livekit) return true;
  int major = 0;
  int minor = 0;
  if (std::sscanf(deployment.livekit->version.c_str(), "%d.%d", &major, &minor) != 2) return true;
  return major > 1 || minor >= 10;
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
