// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/own_network.hpp>

#include <algorithm>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/facts/media_proof.hpp>

namespace lkdoctor::probes {
namespace {

using Strings = std::vector<std::string>;

/// "198.51.100.23" of "198.51.100.23:20017".
std::string_view host_of(std::string_view endpoint) {
  return endpoint.substr(0, endpoint.rfind(':'));
}

bool is_at(const Strings& endpoints, std::string_view host) {
  return std::ranges::any_of(endpoints, [&](const std::string& one) { return host_of(one) == host; });
}

bool any_stun_answered(const facts::ExternalAddresses& external) {
  return std::ranges::any_of(external.servers,
                             [](const facts::StunView& server) { return server.mapped.has_value(); });
}

}  // namespace

bool all_stun_silent(const Facts& facts) {
  const auto external = facts.find(facts::external_addresses);
  const auto asked = [](const facts::StunView& server) { return !server.address.empty(); };
  return external && !any_stun_answered(*external) && std::ranges::any_of(external->servers, asked);
}

bool udp_was_heard(const Facts& facts) {
  const auto external = facts.find(facts::external_addresses);
  if (external && any_stun_answered(*external)) return true;
  for (const auto& fact : {facts::media_udp_proof, facts::turn_udp_proof}) {
    const auto proof = facts.find(fact);
    if (proof && !proof->answered.empty()) return true;
  }
  return false;
}

Strings turn_servers_mute_over_udp(const Facts& facts) {
  const auto udp = facts.find(facts::turn_udp_proof), tls = facts.find(facts::turn_tls_proof);
  const auto media = facts.find(facts::media_udp_proof);
  if (!udp || !tls || !media) return {};
  Strings livekits = media->silent;
  livekits.insert(livekits.end(), media->blocked.begin(), media->blocked.end());
  Strings out;
  for (const std::string& server : udp->silent) {
    const std::string_view host = host_of(server);
    // Of another family than LiveKit's addresses it may be LiveKit's own host all the same.
    const bool comparable = std::ranges::any_of(
        livekits, [&](const std::string& one) { return one.starts_with('[') == host.starts_with('['); });
    if (comparable && is_at(tls->answered, host) && !is_at(livekits, host)) out.push_back(server);
  }
  return out;
}

bool a_relay_carries(const Facts& facts) {
  return facts::carries(facts, facts::turn_udp_proof) || facts::carries(facts, facts::turn_tls_proof);
}

std::optional<std::string> only_a_forward_proxy_leads_out(const Facts& facts) {
  const auto proxy = facts.find(facts::forward_proxy);
  if (!proxy) return std::nullopt;
  return "the way out of this network is the forward proxy " + proxy->proxy + ", which carries no media";
}

bool lets_no_udp_out(const Facts& facts, const Deployment& deployment) {
  if (deployment.run.vantage != Vantage::outside || deployment.run.audience != Audience::internet)
    return false;
  if (udp_was_heard(facts)) return false;
  return all_stun_silent(facts) || !turn_servers_mute_over_udp(facts).empty();
}

std::string who_drops_udp(const Facts& facts) {
  if (all_stun_silent(facts)) return "this network lets no UDP out";
  return "either this network lets no UDP out, or none is let in before LiveKit and before the TURN server";
}

std::optional<std::string> why_silence_proves_nothing(const Facts& facts, const Deployment& deployment) {
  if (auto proxy = only_a_forward_proxy_leads_out(facts)) return proxy;
  if (lets_no_udp_out(facts, deployment)) {
    return who_drops_udp(facts) + ": LiveKit's silence proves nothing";
  }
  if (deployment.run.vantage == Vantage::livekit_host) {
    return "the way from this host to its own public address says nothing about others";
  }
  return std::nullopt;
}

}  // namespace lkdoctor::probes
