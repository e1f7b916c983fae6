// SPDX-License-Identifier: EUPL-1.2
#include "cli/contacts.hpp"

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/probes/stun_servers.hpp>
#include <lkdoctor/probes/topology.hpp>
#include <lkdoctor/proto/port_test.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::cli {
namespace {

/// What LiveKit asks when its configuration names no server (rtc.stun_servers).
constexpr std::string_view kServerDefaults[] = {"global.stun.twilio.com:3478", "stun.l.google.com:19302",
                                                "stun1.l.google.com:19302"};

/// Stands for hosts that nobody knows before the run.
constexpr std::string_view kNamed = "what LiveKit names on joining";

class Contacts {
 public:
  explicit Contacts(const std::vector<engine::PlannedCheck>& plan) : plan_(plan) {}

  /// A planned check whose id begins so.
  bool runs(std::string_view prefix) const {
    return std::ranges::any_of(plan_, [&](const engine::PlannedCheck& planned) {
      return !planned.left_out && !planned.skip_reason && planned.check->info().id.starts_with(prefix);
    });
  }
  bool any_runs(std::initializer_list<std::string_view> prefixes) const {
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return runs(prefix); });
  }
  void add(std::string host, std::string port, std::string protocol, std::string why) {
    const bool known = std::ranges::any_of(out_, [&](const Contact& contact) {
      return contact.host == host && contact.port == port && contact.protocol == protocol;
    });
    if (!known) out_.push_back({std::move(host), std::move(port), std::move(protocol), std::move(why)});
  }
  /// A host that is looked up first, unless it is an address.
  void look_up(const std::string& host) {
    if (is_numeric_address(host) || std::ranges::find(names_, host) != names_.end()) return;
    names_.push_back(host);
  }
  void stun(const std::string& server, const std::string& why) {
    const std::size_t colon = server.rfind(':');
    const bool has_port = colon != std::string::npos;
    look_up(server.substr(0, colon));
    add(server.substr(0, colon), has_port ? server.substr(colon + 1) : "3478", "UDP (STUN)", why);
  }
  const std::vector<std::string>& names() const { return names_; }
  std::vector<Contact> take() { return std::move(out_); }

 private:
  const std::vector<engine::PlannedCheck>& plan_;
  std::vector<Contact> out_;
  std::vector<std::string> names_;
};

bool is_pinned(const Deployment& deployment, const std::string& host) {
  return std::ranges::any_of(deployment.run.pinned,
                             [&](const PinnedAddress& pin) { return pin.host == host; });
}

void add_url(Contacts& contacts, const Deployment& deployment, const Sourced<std::string>& value,
             std::string_view side) {
  const auto url = value.is_set() ? parse_url(value.value) : std::nullopt;
  if (!url) return;
  const std::string own(side);
  const bool any = contacts.any_runs({"tls_" + own, "http_" + own, "signalling_" + own, "signalling_join",
                                      "api_key", "clock_local"}) ||
                   (side == "public" && contacts.runs("signalling_topology")) ||
                   (side == "service" && contacts.runs("proxy_service"));
  if ((any || contacts.runs("names_")) && !is_pinned(deployment, url->host)) contacts.look_up(url->host);
  if (!any) return;
  contacts.add(url->host, std::to_string(url->port),
               url->tls() ? "TCP, TLS, HTTP, WebSocket" : "TCP, HTTP, WebSocket", own + "_url");
}

/// Ways past OpenTalk's proxy, which ought to be closed; signalling_topology tries them from outside.
void add_exposure(Contacts& contacts, const Deployment& deployment) {
  const auto url = parse_url(deployment.public_url.value);
  if (!url || !contacts.runs("signalling_topology") || deployment.run.vantage != Vantage::outside) return;
  std::string_view path = url->path;
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.ends_with("/livekit")) return;
  const std::string old_name = probes::old_host_name_for(url->host);
  if (!old_name.empty()) {
    contacts.add(url->host, std::to_string(url->port), url->tls() ? "TCP, TLS, HTTP" : "TCP, HTTP",
                 "as " + old_name + ": LiveKit's own name ought to be closed beside a proxy");
  }
  contacts.add(url->host, "7880", "TCP, HTTP", "LiveKit's own port: ought to be closed beside a proxy");
}

void add_name_servers(Contacts& contacts) {
  if (contacts.names().empty()) return;
  std::string why = "name server of this machine, for";
  for (const std::string& name : contacts.names()) {
    why += (&name == &contacts.names().front() ? " " : ", ") + shown_host(name);
  }
  const std::vector<std::string> servers = net::system_name_servers();
  if (servers.empty()) contacts.add("this machine's resolver", "53", "DNS", why);
  for (const std::string& server : servers) {
    const auto parsed = parse_host_port(server, 53);
    contacts.add(parsed ? parsed->host : server, parsed ? std::to_string(parsed->port) : "53", "DNS", why);
  }
}

void add_proxy(Contacts& contacts, const ForwardProxy& proxy, const std::string& name) {
  const auto url = proxy.is_set() && contacts.runs("names_") ? parse_url(proxy.url) : std::nullopt;
  if (!url) return;
  contacts.look_up(url->host);
  const std::string when = proxy.always ? ": always" : ": only where no address answers directly";
  contacts.add(url->host, std::to_string(url->port),
               url->tls() ? "TCP, TLS, HTTP CONNECT" : "TCP, HTTP CONNECT",
               "forward proxy for " + name + " (" + proxy.source + ")" + when);
}

void add_stun(Contacts& contacts, const Deployment& deployment) {
  if (!contacts.runs("address_") && !contacts.runs("media_")) return;
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
  if (!contacts.runs("turn_")) return;
  if (contacts.runs("signalling_join")) {
    contacts.add(std::string(kNamed), "as named", "UDP, TCP, TLS (TURN)", "its TURN servers");
  }
  if (!deployment.livekit) return;
  for (const LiveKitTurnServer& server : deployment.livekit->turn_servers) {
    const bool forbidden = deployment.run.third_party == ThirdParty::none;
    if (forbidden && !probes::is_own_host(deployment, server.host)) continue;
    const bool udp = server.protocol == "udp";
    contacts.look_up(server.host);
    contacts.add(server.host, std::to_string(server.port), udp ? "UDP (TURN)" : "TCP (TURN)",
                 "rtc.turn_servers");
  }
  const LiveKitTurn& own = deployment.livekit->turn;
  if (!own.enabled) return;
  if (own.udp_port != 0 && !media_host.empty()) {
    contacts.add(media_host, std::to_string(own.udp_port), "UDP (TURN)", "turn.udp_port");
  }
  if (own.tls_port == 0 || own.domain.empty()) return;
  contacts.look_up(own.domain);
  contacts.add(own.domain, "443", "TCP, TLS (TURN)",
               "turn.domain; clients are told 443 whatever turn.tls_port is");
}

/// Where media is looked for before LiveKit has said where it is.
std::vector<std::string> media_hosts(const Deployment& deployment, bool own_ones) {
  std::vector<std::string> out = configured_media_addresses(deployment);
  const auto url = parse_url(deployment.public_url.value);
  const bool loopback = url && kind_of(url->host) == AddressKind::loopback;
  if (own_ones && deployment.run.vantage == Vantage::livekit_host && !loopback) {
    for (const net::LocalAddress& local : net::interface_addresses()) {
      if (!local.loopback) out.push_back(local.address);
    }
  }
  if (url) out.push_back(url->host);
  return out;
}

void add_tcp(Contacts& contacts, const Deployment& deployment) {
  const std::uint32_t port = deployment.livekit ? deployment.livekit->tcp_port.value : 7881;
  if (!contacts.runs("tcp_ice") || port == 0) return;
  for (const std::string& host : media_hosts(deployment, true)) {
    contacts.add(host, std::to_string(port), "TCP", "media over TCP");
    contacts.add(host, "4", "TCP", "for comparison: surely nobody listens there");
  }
}

/// Every port that the responder serves; which these are it says itself.
void add_responder(Contacts& contacts, const Deployment& deployment) {
  const auto place = parse_host_port(deployment.run.responder, proto::kResponderPort);
  if (!place) return;
  // Asked before there is a plan: with it goes what a run without it leaves out.
  if (!deployment.run.passive && contacts.any_runs({"udp_range", "tcp_ice", "api_key", "signalling_join"})) {
    contacts.add(place->host, std::to_string(place->port), "TCP, TLS",
                 "the responder's control connection, which carries a session to its LiveKit");
    contacts.add(place->host, "as named", "TCP", "the responder's TCP ports");
  }
  if (!contacts.runs("udp_range")) return;
  contacts.add(place->host, std::to_string(place->port), "UDP", "the responder");
  const bool known = deployment.livekit && deployment.livekit->udp;
  contacts.add(place->host, known ? text(*deployment.livekit->udp) : "20000-25000, 50000-60000", "UDP",
               "the responder's range");
}

void add_udp(Contacts& contacts, const Deployment& deployment) {
  const bool sent = deployment.run.vantage != Vantage::livekit_host && deployment.run.responder.empty();
  const std::vector<std::string> hosts = media_hosts(deployment, false);
  if (!contacts.runs("udp_range") || !sent || !deployment.livekit || !deployment.livekit->udp ||
      hosts.empty())
    return;
  contacts.add(hosts.front(), text(*deployment.livekit->udp), "UDP", "media ports");
  for (const char* port : {"4", "1003"}) {
    contacts.add(hosts.front(), port, "UDP", "for comparison: surely nobody listens there");
  }
}

}  // namespace

std::vector<Contact> contacts_of(const Deployment& deployment,
                                 const std::vector<engine::PlannedCheck>& plan) {
  Contacts contacts(plan);
  const bool two = deployment.service_url.value != deployment.public_url.value;
  add_url(contacts, deployment, deployment.public_url, "public");
  if (two) add_url(contacts, deployment, deployment.service_url, "service");
  add_exposure(contacts, deployment);
  add_proxy(contacts, deployment.public_proxy, "public_url");
  if (two) add_proxy(contacts, deployment.service_proxy, "service_url");
  add_tcp(contacts, deployment);
  add_udp(contacts, deployment);
  add_responder(contacts, deployment);
  if (contacts.runs("media_")) {
    contacts.add(std::string(kNamed), "as named", "UDP, TCP", "its media candidates");
    if (deployment.run.third_party != ThirdParty::none) {
      contacts.add(std::string(kNamed), "as named", "UDP (STUN)",
                   "its STUN servers, where a router translates this machine's address");
    }
  }
  const std::vector<std::string> hosts = media_hosts(deployment, false);
  add_turn(contacts, deployment, hosts.empty() ? "" : hosts.front());
  add_stun(contacts, deployment);
  add_name_servers(contacts);
  return contacts.take();
}

}  // namespace lkdoctor::cli
