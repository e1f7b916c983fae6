// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/own_network.hpp>

#include <algorithm>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/forward_proxy.hpp>

namespace lkdoctor::probes {

std::optional<std::string> only_a_forward_proxy_leads_out(const Facts& facts) {
  const auto proxy = facts.find(facts::forward_proxy);
  if (!proxy) return std::nullopt;
  return "the way out of this network is the forward proxy " + proxy->proxy + ", which carries no media";
}

bool lets_no_udp_out(const Facts& facts, const Deployment& deployment) {
  if (deployment.run.vantage != Vantage::outside || deployment.run.audience != Audience::internet)
    return false;
  const auto external = facts.find(facts::external_addresses);
  if (!external) return false;
  const auto answered = [](const facts::StunView& server) { return server.mapped.has_value(); };
  const auto asked = [](const facts::StunView& server) { return !server.address.empty(); };
  return std::ranges::none_of(external->servers, answered) && std::ranges::any_of(external->servers, asked);
}

std::optional<std::string> why_silence_proves_nothing(const Facts& facts, const Deployment& deployment) {
  if (auto proxy = only_a_forward_proxy_leads_out(facts)) return proxy;
  if (lets_no_udp_out(facts, deployment)) {
    return "this network lets no UDP out: LiveKit's silence proves nothing";
  }
  if (deployment.run.vantage == Vantage::livekit_host) {
    return "the way from this host to its own public address says nothing about others";
  }
  return std::nullopt;
}

}  // namespace lkdoctor::probes
