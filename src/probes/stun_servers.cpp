// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/probes/stun_servers.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::probes {
namespace {

constexpr std::size_t kMostServers = 4;

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::ranges::find(list, item) != list.end();
}

bool is_own_server(const Deployment& deployment, const std::string& server) {
  const auto target = parse_host_port(server, 3478);
  return target && is_own_host(deployment, target->host);
}

StunChoice named_servers(const Deployment& deployment) {
  const RunSettings& run = deployment.run;
  if (!run.stun_servers.empty()) return {StunSource::option, run.stun_servers, ""};
  if (deployment.livekit) {
    const LiveKitSettings& livekit = *deployment.livekit;
    const bool gathers = livekit.use_external_ip.value || livekit.node_ip.value.empty();
    if (gathers && !livekit.stun_servers.value.empty())
      return {StunSource::livekit, livekit.stun_servers.value, ""};
    if (livekit.use_external_ip.value) return {StunSource::livekit_default, default_stun_servers(), ""};
  }
  if (run.third_party == ThirdParty::any) return {StunSource::any, default_stun_servers(), ""};
  if (!deployment.livekit) {
    return {StunSource::nobody,
            {},
            "no STUN server is known without LiveKit's configuration (--stun HOST:PORT names one)"};
  }
  return {StunSource::nobody,
          {},
          "LiveKit learns no address from STUN servers here: use_external_ip is off "
          "(--stun HOST:PORT asks one anyway)"};
}

/// LiveKit's list goes to every client, also where LiveKit itself asks none of it.
bool may_ask(const Deployment& deployment, const StunChoice& chosen, const std::string& server, bool turn) {
  if (is_own_server(deployment, server) || contains(chosen.servers, server)) return true;
  if (deployment.run.third_party != ThirdParty::as_server)
    return deployment.run.third_party == ThirdParty::any;
  if (turn) return true;  // turn_udp asks it, too
  return !deployment.livekit && !contains(default_stun_servers(), server);
}

}  // namespace

std::vector<std::string> default_stun_servers() {
  return {"global.stun.twilio.com:3478", "stun.l.google.com:19302", "stun1.l.google.com:19302"};
}

bool is_own_host(const Deployment& deployment, std::string_view host) {
  for (const std::string& text : {deployment.public_url.value, deployment.service_url.value}) {
    const auto url = parse_url(text);
    if (url && url->host == host) return true;
  }
  if (!deployment.livekit) return false;
  const auto& node_ip = deployment.livekit->node_ip.value;
  return deployment.livekit->turn.domain == host || std::ranges::find(node_ip, host) != node_ip.end();
}

StunChoice choose_stun_servers(const Deployment& deployment) {
  StunChoice choice = named_servers(deployment);
  if (deployment.run.third_party != ThirdParty::none || choice.source == StunSource::nobody) return choice;
  std::erase_if(choice.servers,
                [&](const std::string& server) { return !is_own_server(deployment, server); });
  if (!choice.servers.empty()) return choice;
  return {StunSource::nobody, {}, "--third-party none: STUN servers outside the deployment are not asked"};
}

std::vector<std::string> stun_servers_of_session(const Deployment& deployment,
                                                 const std::vector<std::string>& ice_urls) {
  const StunChoice chosen = choose_stun_servers(deployment);
  std::vector<std::string> out;
  for (const std::string& url : ice_urls) {
    const auto parsed = proto::parse_ice_url(url);
    if (!parsed || parsed->tcp || parsed->secure) continue;
    const bool bare = is_numeric_address(parsed->host) && family_of(parsed->host) == Family::ipv6;
    const std::string host = bare ? "[" + parsed->host + "]" : parsed->host;
    std::string server = host + ":" + std::to_string(parsed->port);
    const bool known = contains(out, server) || out.size() == kMostServers;
    if (!known && may_ask(deployment, chosen, server, parsed->turn)) out.push_back(std::move(server));
  }
  if (out.empty()) out = chosen.servers;
  if (out.size() > kMostServers) out.resize(kMostServers);
  return out;
}

}  // namespace lkdoctor::probes
