// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/probes/stun_servers.hpp>
#include <set>

#include "probes/turn_wanted.hpp"

namespace lkdoctor::probes {
namespace {

std::set<std::string> own_addresses(const Facts& facts) {
  std::set<std::string> out;
  for (const auto& fact : {facts::public_addresses, facts::service_addresses}) {
    if (const auto where = facts.find(fact)) out.insert(where->addresses.begin(), where->addresses.end());
  }
  if (const auto joined = facts.find(facts::join_response)) out.insert(joined->address);
  if (const auto media = facts.find(facts::server_candidates)) {
    for (const proto::Candidate& candidate : media->candidates) out.insert(candidate.endpoint.address);
  }
  return out;
}

/// LiveKit's embedded server, at whatever address LiveKit has learned for itself.
bool is_embedded(const Wanted& one, const Deployment& deployment) {
  if (!deployment.livekit || !deployment.livekit->turn.enabled || one.parsed.tcp) return false;
  return is_numeric_address(one.parsed.host) && one.parsed.port == deployment.livekit->turn.udp_port;
}

}  // namespace

std::vector<std::string> drop_third_parties(std::vector<Wanted>& wanted, const Deployment& deployment,
                                            const Facts& facts) {
  std::vector<std::string> out;
  if (deployment.run.third_party != ThirdParty::none) return out;
  const std::set<std::string> own = own_addresses(facts);
  const auto is_own = [&](const Wanted& one) {
    const auto known = [&](const std::string& address) {
      return own.contains(address) || is_own_host(deployment, address);
    };
    return is_own_host(deployment, one.parsed.host) || is_embedded(one, deployment) ||
           std::ranges::any_of(one.resolution.addresses, known);
  };
  for (const Wanted& one : wanted) {
    if (!is_own(one)) out.push_back(one.url);
  }
  std::erase_if(wanted, [&](const Wanted& one) { return !is_own(one); });
  return out;
}

}  // namespace lkdoctor::probes
