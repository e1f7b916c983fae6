// SPDX-License-Identifier: EUPL-1.2
#include "engine/vantage.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <lkdoctor/address.hpp>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <lkdoctor/url.hpp>
#include <set>

namespace lkdoctor::engine {
namespace {

using Addresses = std::vector<std::string>;

constexpr std::uint16_t kDefaultPort = 7880;  // LiveKit's own default
constexpr std::array<std::string_view, 8> kReverseProxies{"nginx",   "haproxy", "caddy",    "traefik",
                                                          "apache2", "httpd",   "lighttpd", "envoy"};

struct Guess {
  Vantage vantage = Vantage::automatic;
  std::string reason;
};

bool contains(const Addresses& list, std::string_view address) {
  return std::ranges::find(list, address) != list.end();
}
bool any_global(const Addresses& list) {
  return std::ranges::any_of(list, [](const std::string& address) { return is_global(address); });
}

/// The port that the files or a URL name. A URL with TLS leads to a proxy.
std::uint16_t livekit_port(const Deployment& deployment) {
  if (deployment.livekit) return static_cast<std::uint16_t>(deployment.livekit->port.value);
  for (const Sourced<std::string>* text : {&deployment.service_url, &deployment.public_url}) {
    const auto url = parse_url(text->value);
    if (url && !url->tls() && url->port_given) return url->port;
  }
  return kDefaultPort;
}

std::string listens(const std::string& program, int pid, std::uint16_t port) {
  return "process " + program + " pid " + std::to_string(pid) + " listens on " + std::to_string(port);
}

/// A LiveKit process here, or in a container on this machine.
Guess by_process(const net::Surroundings& here, std::uint16_t port) {
  for (const net::LocalProcess& process : here.processes) {
    if (process.program != "livekit-server" || !(process.this_network || process.contained)) continue;
    if (std::ranges::find(process.listens_on, port) == process.listens_on.end()) continue;
    std::string words = listens(process.program, process.pid, port);
    if (!process.this_network) words = "container " + words;
    return {Vantage::livekit_host, words};
  }
  return {};
}

/// Something else that owns LiveKit's port: a container engine's proxy, or a LiveKit under another name. A
/// reverse proxy does not count: it forwards to a LiveKit that may be elsewhere.
Guess by_listener(const net::Surroundings& here, std::uint16_t port, bool port_from_file) {
  for (const net::Listener& listener : here.listeners) {
    if (listener.port != port) continue;
    if (listener.pid == 0) {
      if (!port_from_file) continue;
      return {Vantage::livekit_host, "something listens on " + std::to_string(port) +
                                         " here (whose it is can be seen by root alone)"};
    }
    if (std::ranges::find(kReverseProxies, listener.program) != kReverseProxies.end()) continue;
    return {Vantage::livekit_host, listens(listener.program, listener.pid, port)};
  }
  return {};
}

Guess by_controller(const net::Surroundings& here) {
  for (const net::LocalProcess& process : here.processes) {
    if (process.program != "opentalk-controller" || !process.this_network) continue;
    return {Vantage::controller,
            "process opentalk-controller pid " + std::to_string(process.pid) + " runs in this network"};
  }
  return {};
}

bool is_here(const std::string& host, const Addresses& mine) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  return contains(mine, host) || (is_numeric_address(host) && kind_of(host) == AddressKind::loopback);
}

/// Without LiveKit's file, a LiveKit on this machine need not be the target's. A name without a dot is one
/// inside a container network of this machine.
bool is_the_targets(const Deployment& deployment, const net::Surroundings& here) {
  if (deployment.livekit) return true;
  Addresses mine;
  for (const net::LocalAddress& local : here.addresses) mine.push_back(local.address);
  for (const Sourced<std::string>* text : {&deployment.service_url, &deployment.public_url}) {
    const auto url = parse_url(text->value);
    if (!url) continue;
    const bool in_container =
        text == &deployment.service_url && url->host.find_first_of(".:") == std::string::npos;
    if (in_container || is_here(url->host, mine)) return true;
    for (const PinnedAddress& pin : deployment.run.pinned) {
      if (pin.host == url->host && pin.port == url->port && is_here(pin.address, mine)) return true;
    }
  }
  return false;
}

/// With `vantage` automatic, `reason` is what will speak for livekit_host if the target's address, which a
/// name has yet to give, is one of this machine.
Guess guess_before(const Deployment& deployment, const net::Surroundings& here) {
  const std::uint16_t port = livekit_port(deployment);
  Guess guess = by_process(here, port);
  if (guess.vantage == Vantage::automatic) guess = by_listener(here, port, deployment.livekit.has_value());
  if (guess.vantage != Vantage::automatic && is_the_targets(deployment, here)) return guess;
  if (Guess controller = by_controller(here); controller.vantage != Vantage::automatic) return controller;
  guess.vantage = Vantage::automatic;
  return guess;
}

Addresses external_addresses(const Facts& facts) {
  const auto known = facts.find(facts::external_addresses);
  return known ? known->agreed : Addresses{};
}

/// A LiveKit runs here, and one of the target's URLs leads here.
bool is_proven_host(const Deployment& deployment, const Facts& facts, const Addresses& local) {
  if (deployment.run.vantage_reason.empty()) return false;
  Addresses reached = signalling_addresses(deployment, facts);
  if (const auto service = facts.find(facts::service_addresses)) {
    reached.insert(reached.end(), service->addresses.begin(), service->addresses.end());
  }
  const Addresses external = external_addresses(facts);
  return std::ranges::any_of(reached, [&](const std::string& address) {
    return is_here(address, local) || contains(external, address);
  });
}

/// The way to the server is a forward proxy's, and its addresses are not known here.
bool led_by_proxy(const Facts& facts) {
  const auto where = facts.find(facts::public_addresses);
  return where && !where->via_proxy.empty() && where->resolved.empty();
}

/// In one private network, as far as addresses tell.
bool are_neighbours(const std::string& one, const std::string& other) {
  if (is_global(one) || is_global(other) || family_of(one) != family_of(other)) return false;
  if (family_of(one) == Family::ipv4)
    return one.substr(0, one.rfind('.') + 1) == other.substr(0, other.rfind('.') + 1);
  const auto prefix = [](const std::string& text) {
    std::array<std::uint8_t, 16> raw{};
    (void)inet_pton(AF_INET6, text.c_str(), raw.data());
    return std::array<std::uint8_t, 8>{raw[0], raw[1], raw[2], raw[3], raw[4], raw[5], raw[6], raw[7]};
  };
  return prefix(one) == prefix(other);
}

/// LiveKit answered at an address of a private network that this machine is in. Such addresses are used many
/// times over: that one is named proves nothing.
std::optional<std::string> livekit_next_door(const Facts& facts, const Addresses& local) {
  const auto service = facts.find(facts::service_identity);
  if (!service || service->answerer != facts::Answerer::livekit) return std::nullopt;
  for (const std::string& address : service->answering) {
    if (!is_numeric_address(address)) continue;
    const auto near = [&](const std::string& mine) { return are_neighbours(mine, address); };
    if (std::ranges::any_of(local, near)) return address;
  }
  return std::nullopt;
}

Guess guess_after(const Deployment& deployment, const Facts& facts, const Addresses& local) {
  if (is_proven_host(deployment, facts, local)) return {Vantage::livekit_host, deployment.run.vantage_reason};
  Addresses server = signalling_addresses(deployment, facts);
  const Addresses candidates = configured_media_addresses(deployment);
  server.insert(server.end(), candidates.begin(), candidates.end());
  const Addresses external = external_addresses(facts);
  for (const std::string& address : server) {
    if (contains(local, address)) return {Vantage::inside, "guessed: " + address + " is an address of mine"};
    if (contains(external, address)) {
      return {Vantage::inside, "guessed: my external address is the server's, " + address};
    }
    if (kind_of(address) == AddressKind::loopback) {
      return {Vantage::inside, "guessed: " + address + " is this machine"};
    }
  }
  if (const auto neighbour = livekit_next_door(facts, local)) {
    return {Vantage::inside, "guessed: LiveKit answers at " + *neighbour + ", in a private network of mine"};
  }
  if (server.empty() && led_by_proxy(facts)) {
    return {Vantage::outside, "guessed: a forward proxy leads to the server"};
  }
  if (server.empty()) return {Vantage::inside, "guessed: no address of the server is known"};
  if (!any_global(server)) return {Vantage::inside, "guessed: the server's address is a private one"};
  if (!external.empty() || any_global(local)) {
    return {Vantage::outside, "guessed: my external address is not the server's"};
  }
  return {Vantage::outside,
          "guessed: the server's address is global and none of mine; my external address was not asked for"};
}

Audience guess_audience(const Deployment& deployment, const Facts& facts) {
  if (any_global(signalling_addresses(deployment, facts))) return Audience::internet;
  if (any_global(configured_media_addresses(deployment))) return Audience::internet;
  if (const auto named = facts.find(facts::server_candidates)) {
    std::vector<std::string> addresses;
    for (const proto::Candidate& one : named->candidates) addresses.push_back(one.endpoint.address);
    if (any_global(addresses)) return Audience::internet;
  }
  if (led_by_proxy(facts)) return Audience::internet;
  const bool finds_itself = deployment.livekit && deployment.livekit->use_external_ip.value &&
                            deployment.run.vantage == Vantage::livekit_host;
  if (finds_itself && any_global(external_addresses(facts))) return Audience::internet;
  return Audience::automatic;
}

}  // namespace

void settle_before(Deployment& deployment, const net::Surroundings& surroundings) {
  RunSettings& run = deployment.run;
  if (run.vantage == Vantage::automatic) {
    Guess guess = guess_before(deployment, surroundings);
    run.vantage = guess.vantage;
    run.vantage_reason = std::move(guess.reason);
  }
  if (run.audience == Audience::automatic) run.audience = guess_audience(deployment, {});
}

void settle_before(std::vector<Deployment>& deployments) {
  std::set<std::uint16_t> ports;
  for (const Deployment& one : deployments) {
    if (one.run.vantage == Vantage::automatic) ports.insert(livekit_port(one));
  }
  net::Surroundings here;
  if (!ports.empty()) here = net::look_around(ports.size() == 1 ? *ports.begin() : std::uint16_t{0});
  for (Deployment& one : deployments) settle_before(one, here);
}

void settle_after(Deployment& deployment, const Facts& facts,
                  const std::vector<std::string>& local_addresses) {
  RunSettings& run = deployment.run;
  if (run.vantage == Vantage::automatic) {
    Guess guess = guess_after(deployment, facts, local_addresses);
    run.vantage = guess.vantage;
    run.vantage_reason = std::move(guess.reason);
  }
  if (run.audience != Audience::automatic) return;
  run.audience = guess_audience(deployment, facts);
  if (run.audience == Audience::automatic) run.audience = Audience::lan;
}

std::string audience_note(const Deployment& deployment, const Facts& facts) {
  const RunSettings& run = deployment.run;
  if (run.audience != Audience::lan || run.audience_declared || !deployment.livekit) return {};
  const auto url = parse_url(deployment.public_url.value);
  const bool named = url && !is_numeric_address(url->host) && url->host.find('.') != std::string::npos &&
                     !url->host.ends_with(".localhost");
  const auto& own = deployment.livekit->node_ip.value;
  if (!named || own.empty() || is_global(own.front()) || !signalling_addresses(deployment, facts).empty())
    return {};
  return "judged for people in one LAN: the address of " + url->host + " was not looked up, and node_ip " +
         own.front() + " is private. If people join from the internet, say --audience internet.";
}

VantageView vantage_view(const Deployment& deployment, const Recording& recording) {
  VantageView view;
  view.kind = deployment.run.vantage;
  view.declared = deployment.run.vantage_declared;
  view.reason = deployment.run.vantage_reason;
  view.host = recording.host;
  view.addresses = recording.local_addresses;
  const auto stored = recording.facts.find(std::string(facts::external_addresses.name));
  if (stored == recording.facts.end()) return view;
  const auto external = stored->second.get<facts::ExternalAddresses>();
  view.nat = external.mapping;
  view.external_addresses = external.agreed;
  for (const facts::StunView& server : external.servers) {
    if (!server.mapped || !external.agreed.empty()) continue;
    const auto mapped = parse_host_port(*server.mapped);
    if (!mapped || contains(view.external_addresses, mapped->host)) continue;
    view.external_addresses.push_back(mapped->host);
  }
  return view;
}

}  // namespace lkdoctor::engine
