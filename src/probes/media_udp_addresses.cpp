// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/findings.hpp>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

constexpr std::size_t kManyDead = 3;

/// Another address of the same family answers HTTP or media from here: its silence is not for want of a way.
bool family_works(const Scene& scene, const std::string& address) {
  const auto same = [&](const std::string& other) {
    return is_numeric_address(other) && family_of(other) == family_of(address);
  };
  const auto identity = scene.facts.find(facts::public_identity);
  if (identity && std::ranges::any_of(identity->answering, same)) return true;
  return std::ranges::any_of(
      scene.addresses, [&](const AddressView& view) { return !view.answered.empty() && same(view.address); });
}

/// A public address of LiveKit beside one that answers: those who use it hear nothing.
bool is_worth_a_warning(const Scene& scene, const AddressView& view) {
  const bool public_one =
      scene.internet() ? is_global(view.address) : contains(scene.signalling, view.address);
  return scene.deployment.run.vantage == Vantage::outside && public_one && view.answered.empty() &&
         !view.silent.empty() && view.failure.error != net::NetError::network_unreachable &&
         family_works(scene, view.address);
}

/// True: said so.
bool judge_dead_addresses(const Scene& scene, Judgement& judgement) {
  const std::size_t before = judgement.findings().size();
  for (const AddressView& view : scene.addresses) {
    if (!is_worth_a_warning(scene, view)) continue;
    Finding& finding = judgement.raise(findings::udp_range_filtered, view.address);
    finding.sure(Confidence::likely)
        .graded(Severity::warning)
        .saying(fmt::format("UDP to {} is not answered from here, while other addresses of LiveKit are: who "
                            "uses this one waits, or hears nothing",
                            view.address));
    add_port_evidence(scene, view, finding);
    say_what_to_open(scene, view.address, false, finding);
  }
  return judgement.findings().size() > before;
}

/// Where LiveKit's packets came from, if it names no such address.
std::string unnamed_source(const Scene& scene) {
  const auto& candidates = scene.best->link.candidates;
  for (const CandidateReport& one : candidates) {
    if (!one.pair || !one.pair->learned || !one.answered()) continue;
    const std::string& source = one.candidate.endpoint.address;
    const bool named = std::ranges::any_of(candidates, [&](const CandidateReport& other) {
      return other.tried && !(other.pair && other.pair->learned) &&
             other.candidate.endpoint.address == source;
    });
    if (!named && (!scene.internet() || is_global(source))) return source;
  }
  return {};
}

}  // namespace

void judge_dead(const Scene& scene, Judgement& judgement) {
  const bool said = judge_dead_addresses(scene, judgement);
  Strings dead;
  std::size_t named = 0, elsewhere = 0;
  for (const CandidateReport& one : scene.best->link.candidates) {
    const bool learned = one.pair && one.pair->learned;
    if (!one.tried || learned || one.carrier.error == net::NetError::network_unreachable) continue;
    ++named;
    if (one.answered()) continue;
    dead.push_back(text(one.candidate.endpoint));
    const AddressView* view = scene.find(one.candidate.endpoint.address);
    const bool answers = view != nullptr && !view->answered.empty();
    if (!answers) ++elsewhere;
  }
  if (dead.empty() || dead.size() == named) return;
  const bool many = dead.size() >= kManyDead;
  // Another socket of an address that answers costs nothing; what was said of an address is said once.
  if (!many && (said || elsewhere == 0)) return;
  judgement.raise(findings::too_many_interface_candidates, joined(dead))
      .graded(many ? Severity::warning : Severity::info)
      .saying(fmt::format("{} of {} addresses that LiveKit names for media do not answer: {}", dead.size(),
                          named, joined(dead)))
      .with("named", named)
      .with("dead", joined(dead));
}

bool judge_other_source(const Scene& scene, const std::string& where, Judgement& judgement) {
  const std::string source = unnamed_source(scene);
  if (source.empty() || where.empty()) return false;
  const AddressView* view = scene.find(where);
  Finding& finding = judgement.raise(findings::wrong_wan_ip, where);
  finding.sure(Confidence::likely)
      .saying(fmt::format("LiveKit sends clients to {}, where nothing of it answers; its own packets come "
                          "from {}",
                          where, source))
      .with("advertised", where)
      .with("media_came_from", source)
      .change(fmt::format("Set rtc.node_ip: {} and use_external_ip: false, if inbound media arrives there, "
                          "then restart LiveKit",
                          source))
      .graded(Severity::warning);
  if (view != nullptr && view->refused > 0) finding.with("icmp_port_unreachable", view->refused);
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->node_ip.origin.known()) finding.at(livekit->node_ip.origin);
  return true;
}

bool is_our_own_router(const Scene& scene, const std::string& address) {
  return scene.deployment.run.vantage == Vantage::inside && contains(scene.external, address);
}

void raise_hairpin(const Scene& scene, const std::string& address, Judgement& judgement) {
  judgement.raise(findings::hairpin_missing, address)
      .sure(Confidence::likely)
      .saying(
          fmt::format("From inside, {} cannot be reached: the router does not lead its own network's packets "
                      "back in",
                      address))
      .with("address", address)
      .with("seen_by_stun", joined(scene.external))
      .with("carried_by_livekits_own_packets", scene.best->connected())
      .graded(scene.best->connected() || scene.carried_otherwise() ? Severity::warning : Severity::failure);
}

bool judge_wrong_address(const Scene& scene, const std::string& address, Judgement& judgement) {
  if (scene.is_livekits(address)) return false;
  const auto mux = scene.facts.find(facts::ice_tcp);
  Strings elsewhere = mux ? mux->answering : Strings{};
  std::erase_if(elsewhere, [&](const std::string& other) {
    return family_of(other) != family_of(address) || (scene.internet() && !is_global(other));
  });
  if (elsewhere.empty()) return false;
  Finding& finding = judgement.raise(findings::wrong_wan_ip, address);
  finding
      .saying(fmt::format("LiveKit sends clients to {}, where nothing of it answers; it answers at {}",
                          address, joined(elsewhere)))
      .with("advertised", address)
      .with("answering", joined(elsewhere))
      .change(fmt::format("Set rtc.node_ip: {} and use_external_ip: false, then restart LiveKit",
                          elsewhere.front()));
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->node_ip.origin.known()) finding.at(livekit->node_ip.origin);
  return true;
}

}  // namespace lkdoctor::probes::media
