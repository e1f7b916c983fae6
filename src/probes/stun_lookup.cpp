// SPDX-License-Identifier: EUPL-1.2
#include "probes/stun_lookup.hpp"

#include <algorithm>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/stun_servers.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::probes {
namespace {

constexpr Milliseconds kPatience{1'500};
constexpr std::uint16_t kStunPort = 3478;

std::vector<std::string> pinned_for(const Deployment& deployment, const HostPort& server) {
  std::vector<std::string> out;
  for (const PinnedAddress& pin : deployment.run.pinned) {
    if (pin.host == server.host && pin.port == server.port) out.push_back(pin.address);
  }
  return out;
}

awaitable<void> resolve_one(HostPort server, std::vector<std::string> pinned, std::vector<Endpoint>* into) {
  if (pinned.empty()) {
    net::Resolution found = co_await net::resolve(server.host, Clock::now() + kPatience);
    pinned = std::move(found.addresses);
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto first = std::ranges::find_if(
        pinned, [&](const std::string& address) { return family_of(address) == family; });
    if (first != pinned.end()) into->push_back({*first, server.port});
  }
}

}  // namespace

awaitable<std::vector<Endpoint>> look_up_stun(const Deployment* deployment,
                                              std::vector<std::string> ice_urls) {
  std::vector<Endpoint> servers;
  std::vector<awaitable<void>> lookups;
  for (const std::string& name : stun_servers_of_session(*deployment, ice_urls)) {
    const auto server = parse_host_port(name, kStunPort);
    if (server) lookups.push_back(resolve_one(*server, pinned_for(*deployment, *server), &servers));
  }
  co_await net::all(std::move(lookups));
  co_return servers;
}

}  // namespace lkdoctor::probes
