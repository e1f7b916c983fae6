// SPDX-License-Identifier: EUPL-1.2
#include "probes/media_scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/findings.hpp>

namespace lkdoctor::probes::media {
namespace {

constexpr int kEnoughTries = 4;  ///< unanswered checks before a port counts as silent

bool is_of(const proto::Candidate& candidate, Transport transport) {
  const bool tcp = candidate.transport == proto::CandidateTransport::tcp;
  return tcp == (transport == Transport::tcp);
}

bool is_loopback(const std::string& address) {
  return kind_of(address) == AddressKind::loopback;
}

void add_once(std::vector<std::uint16_t>& ports, std::uint16_t port) {
  if (std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
}

/// Adds what one session saw of one address. `in_full`: it tried as long as it wanted to.
void add(AddressView& view, const LinkReport& link, const std::vector<const CandidateReport*>& reports,
         bool in_full) {
  std::vector<std::uint16_t> silent, unclear;
  bool answered = false;
  for (const CandidateReport* one : reports) {
    if (one->pair && one->pair->answered_from) view.answered_from = one->pair->answered_from->address;
    const std::uint16_t port = one->candidate.endpoint.port;
    if (one->pair && one->pair->status == proto::PairStatus::answered) {
      answered = true;
      add_once(view.answered, port);
      continue;
    }
    if (!one->carrier.ok()) view.failure = one->carrier;
    if (one->carrier.error == net::NetError::refused) ++view.refused;
    const bool tried = !one->carrier.ok() || (one->pair && one->pair->requests_sent >= kEnoughTries);
    if (tried || in_full) add_once(silent, port);
    if (link.may_be_spare(*one)) add_once(unclear, port);
  }
  if (answered) return;
  for (const std::uint16_t port : silent) add_once(view.silent, port);
  for (const std::uint16_t port : unclear) add_once(view.unclear, port);
  view.silent_sessions += silent.empty() ? 0 : 1;
}

void add_session(std::vector<AddressView>& views, const MediaReport& report, Transport transport) {
  std::map<std::string, std::vector<const CandidateReport*>> by_address;
  for (const CandidateReport& one : report.link.candidates) {
    const bool learned = one.pair && one.pair->learned;
    if (!one.tried || learned || !is_of(one.candidate, transport) || report.link.is_spare(one)) continue;
    if (!says_no_route(one)) by_address[one.candidate.endpoint.address].push_back(&one);
  }
  for (const auto& [address, reports] : by_address) {
    auto view = std::ranges::find(views, address, &AddressView::address);
    if (view == views.end()) view = views.insert(views.end(), AddressView{address, {}, {}, {}, 0, {}, 0, {}});
    add(*view, report.link, reports, !report.connected() && !report.cut);
  }
}

void add_out_of_reach(Strings& into, const MediaReport& report, Transport transport) {
  for (const CandidateReport& one : report.link.candidates) {
    const std::string& address = one.candidate.endpoint.address;
    if (!one.tried || !is_of(one.candidate, transport) || !says_no_route(one)) continue;
    if (!contains(into, address)) into.push_back(address);
  }
}

/// "172.17." of "172.17.0.2".
std::string_view block_of(const std::string& address) {
  const std::size_t second = address.find('.', address.find('.') + 1);
  return std::string_view(address).substr(0, second + 1);
}

/// Addresses of Docker's default pool, in a network that nothing else of LiveKit or of ours is in. The same
/// addresses are in use as ordinary private ones.
bool look_like_containers(const Scene& scene, const Strings& all) {
  const auto known = [&](const std::string& address) {
    const auto near = [&](const std::string& other) { return other.starts_with(block_of(address)); };
    return std::ranges::any_of(scene.signalling, near) || std::ranges::any_of(scene.external, near);
  };
  return !all.empty() && std::ranges::all_of(all, is_in_docker_pool) && std::ranges::none_of(all, known);
}

/// RFC 6598: 100.64.0.0/10.
bool is_carriers(const std::string& address) {
  if (!address.starts_with("100.")) return false;
  const int second = std::atoi(address.c_str() + 4);
  return second >= 64 && second <= 127;
}

/// Every address is in the network of a provider that translates once more, or in an overlay's.
Finding& raise_cgnat(Judgement& judgement, const Strings& all) {
  const std::string where = joined(all);
  return judgement.raise(findings::server_behind_cgnat, where)
      .sure(Confidence::likely)
      .saying(fmt::format("LiveKit sends clients to {}, an address behind a provider's NAT (or of an overlay "
                          "network): nothing from the internet arrives there",
                          where))
      .with("candidates", where);
}

Finding& raise_private(const Scene& scene, Judgement& judgement, const Strings& all) {
  const bool docker = look_like_containers(scene, all);
  const FindingDef& definition =
      docker ? findings::docker_bridge_ip_advertised : findings::private_ip_advertised;
  const std::string where = joined(all);
  const std::string only = scene.out_of_reach.empty() ? "" : "Over " + scene.family_here() + " ";
  Finding& finding = judgement.raise(definition, where);
  if (docker) finding.sure(Confidence::likely);
  finding.saying(
      docker ? fmt::format("LiveKit sends clients to {}, which looks like the address of a container: such a "
                           "network exists on its own host alone",
                           where)
             : fmt::format("{}LiveKit sends clients to {} alone, which nobody on the internet can reach",
                           only, where));
  finding.with("candidates", where).with("audience", name_of(scene.deployment.run.audience));
  if (!only.empty()) finding.with("no_route_from_here", joined(scene.out_of_reach));
  return finding;
}

/// A LAN or VPN can reach private addresses, but none of a container's own network.
bool judge_containers(const Scene& scene, Judgement& judgement) {
  const auto answers = [](const AddressView& view) { return !view.answered.empty(); };
  if (std::ranges::any_of(scene.addresses, answers)) return false;
  const Strings all = scene.all();
  if (!look_like_containers(scene, all)) return false;
  Finding& finding = raise_private(scene, judgement, all);
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->node_ip.origin.known()) finding.at(livekit->node_ip.origin);
  if (scene.best->connected() || scene.carried_otherwise()) finding.graded(Severity::warning);
  return true;
}

}  // namespace

bool says_no_route(const CandidateReport& candidate) {
  return candidate.carrier.error == net::NetError::network_unreachable && candidate.reporter.empty();
}

bool contains(const Strings& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

Scene::Scene(const MediaSurvey& seen, Transport by, const Facts& known, const Deployment& deployed)
    : survey(seen), best(seen.best()), facts(known), deployment(deployed), transport(by) {
  for (const MediaReport& report : survey.withheld) {
    add_session(addresses, report, transport);
    add_out_of_reach(out_of_reach, report, transport);
  }
  signalling = signalling_addresses(deployment, facts);
  if (const auto seen_by_stun = facts.find(facts::external_addresses)) external = seen_by_stun->agreed;
}

std::string Scene::family_here() const {
  return !out_of_reach.empty() && family_of(out_of_reach.front()) == Family::ipv6 ? "IPv4" : "IPv6";
}

bool Scene::internet() const {
  return deployment.run.audience == Audience::internet;
}

Strings Scene::all() const {
  Strings out;
  for (const AddressView& view : addresses) out.push_back(view.address);
  return out;
}

Strings Scene::usable() const {
  Strings out = all();
  std::erase_if(out, [&](const std::string& address) {
    return internet() ? !is_global(address) : is_loopback(address);
  });
  return out;
}

const AddressView* Scene::find(std::string_view address) const {
  const auto found = std::ranges::find(addresses, address, &AddressView::address);
  return found == addresses.end() ? nullptr : &*found;
}

bool Scene::is_livekits(const std::string& address) const {
  if (contains(signalling, address)) return true;
  const auto mux = facts.find(facts::ice_tcp);
  if (mux && contains(mux->answering, address)) return true;
  for (const auto& fact : {facts::media_tcp_proof, facts::media_udp_proof}) {
    const auto proof = facts.find(fact);
    const std::string start = text(Endpoint{address, 0});  // with brackets, where it needs them
    const auto at = [&](const std::string& endpoint) {
      return endpoint.starts_with(std::string_view(start).substr(0, start.size() - 1));
    };
    if (proof && std::ranges::any_of(proof->answered, at)) return true;
  }
  return false;
}

bool Scene::carried_otherwise() const {
  for (const auto& fact :
       {facts::media_udp_proof, facts::media_tcp_proof, facts::turn_udp_proof, facts::turn_tls_proof}) {
    const bool own = fact.name == (transport == Transport::tcp ? facts::media_tcp_proof.name
                                                               : facts::media_udp_proof.name);
    if (!own && facts::carries(facts, fact)) return true;
  }
  return false;
}

bool Scene::has_turn() const {
  const auto joined_at = facts.find(facts::join_response);
  return joined_at && std::ranges::any_of(joined_at->ice_urls,
                                          [](const std::string& url) { return url.starts_with("turn"); });
}

std::string Scene::range() const {
  return deployment.livekit && deployment.livekit->udp ? text(*deployment.livekit->udp) : std::string{};
}

bool judge_addresses(const Scene& scene, Judgement& judgement) {
  const Strings all = scene.all();
  if (all.empty()) return false;
  const Origin origin = scene.deployment.livekit ? scene.deployment.livekit->node_ip.origin : Origin{};
  if (std::ranges::all_of(all, is_loopback)) {
    if (scene.deployment.run.vantage == Vantage::livekit_host && scene.best->connected() && !scene.internet())
      return false;
    Finding& finding = judgement.raise(findings::loopback_node_ip, joined(all));
    finding.saying(
        fmt::format("LiveKit sends clients to {}, where nobody but its own host finds it", joined(all)));
    if (origin.known()) finding.at(origin);
    return true;
  }
  if (!scene.internet()) return judge_containers(scene, judgement);
  if (!scene.usable().empty()) return false;
  const bool carriers = std::ranges::all_of(all, is_carriers);
  Finding& finding = carriers ? raise_cgnat(judgement, all) : raise_private(scene, judgement, all);
  if (origin.known()) finding.at(origin);
  if (scene.best->connected() || scene.has_turn() || scene.carried_otherwise())
    finding.graded(Severity::warning);
  if (carriers) return true;
  std::string address;
  for (const std::string& at : scene.signalling) {
    if (address.empty() && is_global(at)) address = at;
  }
  if (address.empty()) return true;
  finding.with("public_url_leads_to", address);
  if (!scene.out_of_reach.empty()) {
    finding.change(fmt::format(
        "Give LiveKit a public {0} address to name: rtc.node_ip now leads to {1} alone, so set it "
        "to an {0} address at which media arrives, then restart LiveKit",
        scene.family_here(), joined(scene.out_of_reach)));
    return true;
  }
  finding.change(
      fmt::format("Set rtc.node_ip: {} with use_external_ip: false, if media reaches LiveKit at the "
                  "address of public_url, else its own public address; then restart LiveKit",
                  address));
  return true;
}

void judge_dtls(const Scene& scene, Judgement& judgement) {
  const LinkReport& link = scene.best->link;
  std::string peer = "LiveKit";
  for (const CandidateReport& one : link.candidates) {
    if (one.pair && one.pair->nominated) peer = text(one.candidate.endpoint);
  }
  const std::string over = scene.transport == Transport::tcp ? "TCP" : "UDP";
  Finding& finding = judgement.raise(findings::dtls_never_completes, peer);
  finding.saying(
      fmt::format("ICE over {} connects with {}, then DTLS does not end: {}", over, peer, scene.best->why));
  finding.with("transport", scene.transport)
      .with("datagrams_sent", link.dtls_trace.datagrams_sent)
      .with("datagrams_received", link.dtls_trace.datagrams_received)
      .with("largest_sent_bytes", link.dtls_trace.largest_sent);
  if (link.dtls_trace.last_sent) finding.with("last_sent", link.dtls_trace.last_sent->message);
  if (link.dtls_trace.last_received) finding.with("last_received", link.dtls_trace.last_received->message);
  if (scene.carried_otherwise()) finding.graded(Severity::warning);
}

}  // namespace lkdoctor::probes::media
