// SPDX-License-Identifier: EUPL-1.2
#include "cli/contacts.hpp"

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::cli {
namespace {

/// What LiveKit asks when its configuration names no server (rtc.stun_servers).
constexpr std::string_view kServerDefaults[] = {"global.stun.twilio.com:3478", "stun.l.google.com:19302",
                                                "stun1.l.google.com:19302"};

class Contacts {
 public:
  explicit Contacts(const std::vector<engine::PlannedCheck>& plan) : plan_(plan) {}

  bool runs(std::string_view prefix) const {
    return std::ranges::any_of(plan_, [&](const engine::PlannedCheck& planned) {
      return !planned.left_out && !planned.skip_reason && planned.check->info().id.starts_with(prefix);
    });
  }
  void add(std::string host, std::string port, std::string protocol, std::string why) {
    out_.push_back({std::move(host), std::move(port), std::move(protocol), std::move(why)});
  }
  void url(const Sourced<std::string>& value, const std::string& name) {
    const auto url = value.is_set() ? parse_url(value.value) : std::nullopt;
    if (!url) return;
    const bool any = runs("tls_") || runs("http_") || runs("signalling_") || runs("api_") || runs("tcp_");
    if (!is_numeric_address(url->host) && (any || runs("names_"))) {
      add(url->host, "53", "DNS", "the name in " + name + ", through this machine's resolver");
    }
    if (!any) return;
    add(url->host, std::to_string(url->port),
        url->tls() ? "TCP, TLS, HTTP, WebSocket" : "TCP, HTTP, WebSocket", name);
  }
  void stun(const std::string& server, const std::string& why) {
    const std::size_t colon = server.rfind(':');
    const bool has_port = colon != std::string::npos;
    add(server.substr(0, colon), has_port ? server.substr(colon + 1) : "3478", "UDP (STUN)", why);
  }
  std::vector<Contact> take() { return std::move(out_); }

 private:
  const std::vector<engine::PlannedCheck>& plan_;
  std::vector<Contact> out_;
};

void add_proxy(Contacts& contacts, const ForwardProxy& proxy, const std::string& name) {
  const auto url = proxy.is_set() && contacts.runs("names_") ? parse_url(proxy.url) : std::nullopt;
  if (!url) return;
  const std::string when = proxy.always ? ": always" : ": only where no address answers directly";
  contacts.add(url->host, std::to_string(url->port),
               url->tls() ? "TCP, TLS, HTTP CONNECT" : "TCP, HTTP CONNECT",
               "forward proxy for " + name + " (" + proxy.source + ")" + when);
}

void add_stun(Contacts& contacts, const Deployment& deployment) {
  if (!contacts.runs("address_")) return;
  for (const std::string& server : deployment.run.stun_servers) contacts.stun(server, "--stun");
  if (!deployment.run.stun_servers.empty() || deployment.run.third_party == ThirdParty::none) return;
  const bool as_server = deployment.livekit && deployment.livekit->use_external_ip.value;
  if (!as_server && deployment.run.third_party != ThirdParty::any) return;
  const std::string why = as_server ? "LiveKit itself asks it: use_external_ip is true" : "--third-party any";
  if (deployment.livekit && !deployment.livekit->stun_servers.value.empty()) {
    for (const std::string& server : deployment.livekit->stun_servers.value) contacts.stun(server, why);
    return;
  }
  for (const std::string_view server : kServerDefaults) contacts.stun(std::string(server), why);
}

void add_turn(Contacts& contacts, const Deployment& deployment, const std::string& media_host) {
  if (!contacts.runs("turn_") || !deployment.livekit) return;
  for (const LiveKitTurnServer& server : deployment.livekit->turn_servers) {
    const bool udp = server.protocol == "udp";
    contacts.add(server.host, std::to_string(server.port), udp ? "UDP (TURN)" : "TCP (TURN)",
                 "rtc.turn_servers");
  }
  const LiveKitTurn& own = deployment.livekit->turn;
  if (!own.enabled) return;
  if (own.udp_port != 0 && !media_host.empty()) {
    contacts.add(media_host, std::to_string(own.udp_port), "UDP (TURN)", "turn.udp_port");
  }
  if (own.tls_port == 0 || own.domain.empty()) return;
  contacts.add(own.domain, "443", "TCP, TLS (TURN)",
               "turn.domain; clients are told 443 whatever turn.tls_port is");
}

std::string media_host(const Deployment& deployment) {
  if (deployment.livekit && !deployment.livekit->node_ip.value.empty()) {
    return deployment.livekit->node_ip.value.front();
  }
  for (const Sourced<std::string>& value : {deployment.public_url, deployment.service_url}) {
    if (const auto url = parse_url(value.value)) return url->host;
  }
  return {};
}

}  // namespace

std::vector<Contact> contacts_of(const Deployment& deployment,
                                 const std::vector<engine::PlannedCheck>& plan) {
  Contacts contacts(plan);
  contacts.url(deployment.public_url, "public_url");
  if (deployment.service_url.value != deployment.public_url.value) {
    contacts.url(deployment.service_url, "service_url");
  }
  add_proxy(contacts, deployment.public_proxy, "public_url");
  if (deployment.service_url.value != deployment.public_url.value) {
    add_proxy(contacts, deployment.service_proxy, "service_url");
  }
  const std::uint32_t tcp_port = deployment.livekit ? deployment.livekit->tcp_port.value : 7881;
  const std::string host = media_host(deployment);
  if (contacts.runs("tcp_") && tcp_port != 0 && !host.empty()) {
    contacts.add(host, std::to_string(tcp_port), "TCP", "media over TCP");
  }
  if (contacts.runs("udp_") && deployment.livekit && deployment.livekit->udp && !host.empty()) {
    contacts.add(host, text(*deployment.livekit->udp), "UDP", "media ports");
  }
  add_turn(contacts, deployment, host);
  add_stun(contacts, deployment);
  return contacts.take();
}

}  // namespace lkdoctor::cli
