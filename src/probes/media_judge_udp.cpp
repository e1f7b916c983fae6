// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <lkdoctor/address.hpp>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/probes/media_judge.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <lkdoctor/text.hpp>

#include "probes/media_scene.hpp"

namespace lkdoctor::probes {
namespace {

using media::AddressView;
using media::joined;
using media::Scene;
using media::Strings;

constexpr double kLossLimit = 0.05;
constexpr int kLossesAtLeast = 3;
constexpr std::size_t kManyDead = 3;

std::string listed(const std::vector<std::uint16_t>& ports) {
  std::string out;
  for (const std::uint16_t port : ports) out += (out.empty() ? "" : ", ") + std::to_string(port);
  return out;
}

std::string ufw_ports(const Scene& scene) {
  std::string range = scene.range();
  std::ranges::replace(range, '-', ':');
  return range;
}

/// What the firewall has to let in, with the commands for it.
void say_what_to_open(const Scene& scene, const std::string& address, bool tcp_too, Finding& finding) {
  const auto& livekit = scene.deployment.livekit;
  const std::string udp = scene.range().empty() ? "LiveKit's UDP range" : "UDP " + scene.range();
  const std::string tcp = tcp_too && livekit ? fmt::format(" and TCP {}", livekit->tcp_port.value) : "";
  finding.change(
      fmt::format("Open {}{} inbound to {} in provider firewall, router and host firewall; where outbound is "
                  "filtered too, let LiveKit's packets from these ports out",
                  udp, tcp, address));
  if (!scene.range().empty()) finding.command(fmt::format("ufw allow {}/udp", ufw_ports(scene)));
  if (!tcp.empty()) finding.command(fmt::format("ufw allow {}/tcp", livekit->tcp_port.value));
  if (livekit && livekit->udp_origin.known()) finding.at(livekit->udp_origin);
}

void add_port_evidence(const Scene& scene, const AddressView& view, Finding& finding) {
  finding.with("ports_tested", view.answered.size() + view.silent.size())
      .with("ports_answered", view.answered.size())
      .with("ports_silent", listed(view.silent))
      .with("sessions", scene.survey.withheld.size());
  if (view.refused > 0) finding.with("icmp_port_unreachable", view.refused);
  if (!scene.survey.offered) return;
  finding.with("with_our_candidates", scene.survey.offered->connected());
  const auto heard = [](const CandidateReport& one) { return one.pair && one.pair->requests_from_peer > 0; };
  finding.with("packets_of_livekit_arrived",
               std::ranges::any_of(scene.survey.offered->link.candidates, heard));
}

void judge_partial(const Scene& scene, Judgement& judgement) {
  for (const AddressView& view : scene.addresses) {
    if (view.answered.empty() || view.silent.empty()) continue;
    Finding& finding = judgement.raise(findings::udp_range_partially_open, view.address);
    finding.sure(Confidence::likely)
        .saying(fmt::format(
            "Of LiveKit's UDP ports at {}, {} answer and {} do not: the firewall covers a part of "
            "the range",
            view.address, listed(view.answered), listed(view.silent)));
    add_port_evidence(scene, view, finding);
    say_what_to_open(scene, view.address, false, finding);
  }
}

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
      scene.internet() ? is_global(view.address) : media::contains(scene.signalling, view.address);
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

/// Candidates of a session that connected, which lead nowhere.
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

void judge_loss(const Scene& scene, Judgement& judgement) {
  const PathQuality& quality = scene.survey.quality;
  const auto ratio = quality.loss_ratio();
  const double limit = scene.deployment.run.thresholds.packet_loss_ratio.value_or(kLossLimit);
  if (!ratio || *ratio <= limit || quality.sent - quality.answered < kLossesAtLeast) return;
  judgement.raise(findings::packet_loss_high, "UDP")
      .saying(fmt::format("{} of {} packets between here and LiveKit are lost",
                          quality.sent - quality.answered, quality.sent))
      .with("sent", quality.sent)
      .with("answered", quality.answered)
      .with("loss_ratio", *ratio);
}

void judge_asymmetric(const Scene& scene, Judgement& judgement) {
  for (const AddressView& view : scene.addresses) {
    if (view.answered_from.empty() || !view.answered.empty()) continue;
    Finding& finding = judgement.raise(findings::one_way_udp, view.address);
    finding
        .saying(
            fmt::format("Answers for {} come from {}: clients drop them", view.address, view.answered_from))
        .with("asked", view.address)
        .with("answered_from", view.answered_from);
    if (scene.survey.connected() || scene.carried_otherwise()) finding.graded(Severity::warning);
  }
}

void judge_connected(const Scene& scene, Judgement& judgement) {
  media::judge_addresses(scene, judgement);
  judge_partial(scene, judgement);
  judge_dead(scene, judgement);
  judge_loss(scene, judgement);
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

/// Media flows, but with an address that LiveKit does not name. True: it was raised.
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

/// We and LiveKit are behind the same router: its public address is also ours.
bool is_our_own_router(const Scene& scene, const std::string& address) {
  return scene.deployment.run.vantage == Vantage::inside && media::contains(scene.external, address);
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

void judge_punched(const Scene& scene, Judgement& judgement) {
  if (media::judge_addresses(scene, judgement)) return;
  const std::string where = joined(scene.usable());
  if (is_our_own_router(scene, where)) return raise_hairpin(scene, where, judgement);
  if (judge_other_source(scene, where, judgement)) return;
  Finding& finding = judgement.raise(findings::udp_works_only_by_hole_punching, where);
  finding.saying(
      fmt::format("UDP to {} works only after LiveKit has sent first: inbound UDP is closed, and people "
                  "behind strict firewalls have no media over UDP",
                  where));
  for (const AddressView& view : scene.addresses) {
    if (view.address == where) add_port_evidence(scene, view, finding);
  }
  say_what_to_open(scene, where, false, finding);
}

/// LiveKit answers elsewhere, so the address it names is the fault. True: it was raised.
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

void raise_filtered(const Scene& scene, const std::string& address, Judgement& judgement) {
  const AddressView& view = *scene.find(address);
  const bool carried = scene.carried_otherwise();
  const auto tcp = scene.facts.find(facts::media_tcp_proof);
  const bool tcp_dead = tcp && !tcp->connected && !tcp->silent.empty();
  const std::string range = scene.range().empty() ? "LiveKit's UDP ports" : "UDP " + scene.range();
  const std::string how = view.refused > 0 ? "is refused" : "is not answered";
  Finding& finding = judgement.raise(findings::udp_range_filtered, address);
  if (!carried && tcp_dead) {
    finding.saying(
        fmt::format("Media cannot flow: neither {} nor ICE/TCP of {} answers from here", range, address));
  } else {
    finding.saying(fmt::format("{} at {} {} from here ({} ports in {} sessions){}", range, address, how,
                               view.silent.size(), scene.survey.withheld.size(),
                               carried ? "; media flows another way, and will stutter" : ""));
  }
  if (!scene.is_livekits(address)) finding.sure(Confidence::likely);
  finding.graded(carried ? Severity::warning : Severity::failure);
  add_port_evidence(scene, view, finding);
  if (tcp) finding.with("tcp_carries_media", tcp->connected);
  say_what_to_open(scene, address, !carried && tcp_dead, finding);
}

void judge_filtered(const Scene& scene, const std::string& address, Judgement& judgement) {
  const AddressView& view = *scene.find(address);
  if (view.answered.empty() && !view.silent.empty()) return raise_filtered(scene, address, judgement);
  judgement.could_not_tell(scene.best->why);  // it did answer, or was not asked to the end
}

void judge_silence(const Scene& scene, Judgement& judgement) {
  if (const auto why = only_a_forward_proxy_leads_out(scene.facts)) return judgement.could_not_tell(*why);
  if (media::judge_addresses(scene, judgement)) return;
  const Strings usable = scene.usable();
  if (usable.empty()) {
    const std::string only = joined(scene.out_of_reach);
    return judgement.could_not_tell(
        only.empty() ? "no address that LiveKit names can be reached from here"
                     : fmt::format("LiveKit names {} alone, and no route leads there from here", only));
  }
  if (lets_no_udp_out(scene.facts, scene.deployment)) {
    return judgement.could_not_tell("this network lets no UDP out: LiveKit's silence proves nothing");
  }
  const bool at_home = scene.deployment.run.vantage == Vantage::livekit_host;
  if (at_home && !scene.carried_otherwise()) {
    judgement.not_tested("media over UDP at " + joined(usable),
                         "the way from this host to its own public address says nothing about others",
                         "run lkdoctor check outside");
    return judgement.could_not_tell(
        "the way from this host to its own public address says nothing about others");
  }
  for (const std::string& address : usable) {
    if (is_our_own_router(scene, address)) {
      raise_hairpin(scene, address, judgement);
    } else if (!judge_wrong_address(scene, address, judgement)) {
      judge_filtered(scene, address, judgement);
    }
  }
}

void judge_unoffered(const Scene& scene, Judgement& judgement) {
  if (scene.best->link.candidates.empty())
    return judgement.could_not_tell("LiveKit named no candidate at all");
  judgement.raise(findings::udp_not_offered, scene.best->signalling.url)
      .graded(scene.carried_otherwise() ? Severity::warning : Severity::failure)
      .with("candidates", scene.best->link.candidates.size());
}

/// Of n ports seen and none blocked, at most this part of the range can be blocked, at 95 %.
double blocked_at_most(std::size_t ports) {
  constexpr double kDoubt = 0.05;
  return 1 - std::pow(kDoubt, 1.0 / static_cast<double>(ports));
}

void state_coverage(const Scene& scene, Judgement& judgement) {
  std::size_t answered = 0, silent = 0;
  for (const AddressView& view : scene.addresses) {
    answered += view.answered.size();
    silent += view.silent.size();
  }
  const auto& livekit = scene.deployment.livekit;
  const bool known = livekit && livekit->udp;
  judgement.fact("ports_answered", answered);
  judgement.fact("ports_silent", silent);
  judgement.fact("range_ports", known ? Json(livekit->udp->last - livekit->udp->first + 1) : Json());
  const bool clean = answered > 0 && silent == 0;
  judgement.fact("blocked_at_most", clean ? Json(blocked_at_most(answered)) : Json());
  judgement.fact("hole_punching_needed",
                 scene.survey.offered ? Json(!scene.survey.connected() && scene.survey.offered->connected())
                                      : (scene.survey.connected() ? Json(false) : Json()));
}

}  // namespace

void judge_media_udp(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement) {
  const Scene scene(survey, Transport::udp, facts, deployment);
  state_media_facts(survey, Transport::udp, judgement);
  state_coverage(scene, judgement);
  if (scene.best == nullptr || scene.best->stage <= MediaStage::description) {
    return judgement.could_not_tell(scene.best != nullptr ? scene.best->why : "no session was held");
  }
  if (judge_lost(survey.afterwards, judgement)) return;
  judge_split(survey.shared, judgement);
  judge_asymmetric(scene, judgement);
  if (survey.connected()) return judge_connected(scene, judgement);
  if (scene.best->connected()) return judge_punched(scene, judgement);
  if (scene.best->stage == MediaStage::candidates) return judge_unoffered(scene, judgement);
  if (scene.best->stage == MediaStage::dtls) return media::judge_dtls(scene, judgement);
  const bool asymmetric = std::ranges::any_of(
      judgement.findings(), [](const Finding& one) { return one.id == findings::one_way_udp.id; });
  if (!asymmetric) judge_silence(scene, judgement);
}

}  // namespace lkdoctor::probes
