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
    if (scene.deployment.livekit && scene.deployment.livekit->udp_is_mux) {
      finding.change(
          fmt::format("Set rtc.ips.includes to the address that clients use, or a range "
                      "(rtc.port_range_start, port_range_end) instead of rtc.udp_port: with one port "
                      "LiveKit may answer at one address of its host alone. Else open UDP {} to {}",
                      scene.range(), view.address));
    }
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

bool learns_its_address(const Scene& scene) {
  return scene.deployment.livekit && scene.deployment.livekit->use_external_ip.value;
}

std::string restart_words(const std::string& address) {
  return fmt::format(
      "Restart LiveKit: it learns its address at the start alone. Where it then names the old one "
      "again, set rtc.node_ip: {} and use_external_ip: false",
      address);
}

void add_place(const Scene& scene, Finding& finding) {
  const auto& livekit = scene.deployment.livekit;
  if (!livekit) return;
  const Origin& origin =
      livekit->use_external_ip.value ? livekit->use_external_ip.origin : livekit->node_ip.origin;
  if (origin.known()) finding.at(origin);
}

}  // namespace

void judge_dead(const Scene& scene, Judgement& judgement) {
  const bool said = judge_dead_addresses(scene, judgement);
  Strings dead;
  std::size_t named = 0, elsewhere = 0;
  Strings unrouted;
  for (const CandidateReport& one : scene.best->link.candidates) {
    const bool learned = one.pair && one.pair->learned;
    if (!one.tried || learned) continue;
    if (one.carrier.error == net::NetError::network_unreachable) {
      unrouted.push_back(text(one.candidate.endpoint));
      continue;
    }
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
      .saying(fmt::format("{} of {} addresses that LiveKit names for media do not answer: {}{}", dead.size(),
                          named + unrouted.size(), joined(dead),
                          unrouted.empty() ? "" : "; no route from here to " + joined(unrouted)))
      .with("named", named + unrouted.size())
      .with("dead", joined(dead));
}

bool judge_other_source(const Scene& scene, const std::string& where, Judgement& judgement) {
  const std::string source = unnamed_source(scene);
  if (source.empty() || where.empty()) return false;
  const bool learned = learns_its_address(scene);
  const AddressView* view = scene.find(where);
  Finding& finding = judgement.raise(learned ? findings::stale_external_ip : findings::wrong_wan_ip, where);
  finding.sure(Confidence::likely)
      .saying(fmt::format("LiveKit sends clients to {}{}, where nothing of it answers; its own packets come "
                          "from {}",
                          where, learned ? ", which it learned when it started" : "", source))
      .with("advertised", where)
      .with("media_came_from", source)
      .graded(Severity::warning);
  if (learned) {
    finding.change(restart_words(source));
  } else {
    finding.change(
        fmt::format("Set rtc.node_ip: {} and use_external_ip: false, if inbound media arrives "
                    "there, then restart LiveKit",
                    source));
  }
  if (view != nullptr && view->refused > 0) finding.with("icmp_port_unreachable", view->refused);
  add_place(scene, finding);
  return true;
}

bool judge_stale(const Scene& scene, const std::string& address, Judgement& judgement) {
  const Vantage vantage = scene.deployment.run.vantage;
  const bool beside = vantage == Vantage::livekit_host || vantage == Vantage::inside;
  if (!learns_its_address(scene) || !beside || contains(scene.signalling, address)) return false;
  const auto now = std::ranges::find_if(
      scene.external, [&](const std::string& seen) { return family_of(seen) == family_of(address); });
  // Another line of the same host is known by its name: public_url leads to it.
  if (now == scene.external.end() || contains(scene.external, address)) return false;
  if (contains(scene.usable(), *now)) return false;  // what it knows is not old: it names this one too
  if (vantage == Vantage::inside && !contains(scene.signalling, *now)) return false;
  Finding& finding = judgement.raise(findings::stale_external_ip, address);
  finding.sure(Confidence::likely)
      .saying(fmt::format("LiveKit still sends clients to {}, which it learned when it started and where "
                          "nothing answers; STUN servers see this {} at {}",
                          address, vantage == Vantage::inside ? "network" : "host", *now))
      .with("advertised", address)
      .with("stun", *now)
      .change(restart_words(*now));
  if (scene.best->connected() || scene.carried_otherwise()) finding.graded(Severity::warning);
  add_place(scene, finding);
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
                      "back in, or forwards nothing to LiveKit at all",
                      address))
      .with("address", address)
      .with("seen_by_stun", joined(scene.external))
      .with("carried_by_livekits_own_packets", scene.best->connected())
      .change(
          "Run the check from outside first: what is silent there too is not forwarded by the router. Else "
          "enable NAT reflection (hairpin) in it, or set rtc.advertise_internal_ip: true beside "
          "use_external_ip")
      .graded(scene.best->connected() || scene.carried_otherwise() ? Severity::warning : Severity::failure);
  judgement.not_tested("media from outside", "inside, a missing hairpin and missing forwards look the same",
                       "run lkdoctor check outside");
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
  add_place(scene, finding);
  return true;
}

}  // namespace lkdoctor::probes::media
