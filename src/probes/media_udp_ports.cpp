// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/coverage.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <utility>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

constexpr std::size_t kMostListed = 12;

std::string listed(const std::vector<std::uint16_t>& ports) {
  std::string out;
  for (std::size_t i = 0; i < ports.size() && i < kMostListed; ++i) {
    out += (out.empty() ? "" : ", ") + std::to_string(ports[i]);
  }
  if (ports.size() > kMostListed) out += fmt::format(" and {} more", ports.size() - kMostListed);
  return out;
}

/// Ports that no session got an answer from. One that lost its packets once does not count.
std::vector<std::uint16_t> blocked_of(const AddressView& view) {
  std::vector<std::uint16_t> out = view.silent;
  std::erase_if(
      out, [&](std::uint16_t port) { return std::ranges::find(view.answered, port) != view.answered.end(); });
  std::ranges::sort(out);
  return out;
}

/// A session's port is one, however many interfaces node_ip gave the same address.
Coverage coverage_of(const AddressView& view) {
  const std::size_t blocked = std::min(blocked_of(view).size(), view.silent_sessions);
  return {view.answered.size() + blocked, blocked};
}

/// Those of which it is known that media would have used them.
std::vector<std::uint16_t> surely_blocked_of(const AddressView& view) {
  std::vector<std::uint16_t> out = blocked_of(view);
  std::erase_if(
      out, [&](std::uint16_t port) { return std::ranges::find(view.unclear, port) != view.unclear.end(); });
  return out;
}

/// How many ports LiveKit may take; 0: not known.
std::size_t range_ports(const Scene& scene) {
  const auto& livekit = scene.deployment.livekit;
  return livekit && livekit->udp ? livekit->udp->last - livekit->udp->first + 1 : 0;
}

/// "port 20001 answers", "ports 20001, 20002 answer".
std::string with_verb(const std::vector<std::uint16_t>& ports, bool answer) {
  const bool one = ports.size() == 1;
  const std::string verb = answer ? (one ? "answers" : "answer") : (one ? "does not" : "do not");
  return fmt::format("port{} {} {}", one ? "" : "s", listed(ports), verb);
}

std::string in_words(const Scene& scene, const AddressView& view) {
  const std::vector<std::uint16_t> named = surely_blocked_of(view);
  const bool few = view.answered.size() <= kMostListed;
  const std::string answered =
      few ? with_verb(view.answered, true) : fmt::format("{} ports answer", view.answered.size());
  if (few && named.size() == coverage_of(view).blocked) return answered + ", " + with_verb(named, false);
  const std::string_view part = named.size() == coverage_of(view).blocked ? "" : " among them";
  const std::string some = named.empty() ? "" : fmt::format(" ({}{})", listed(named), part);
  return fmt::format("{}; {} of {} sessions found none that does{}", answered, coverage_of(view).blocked,
                     scene.survey.withheld.size(), some);
}

/// Ports of LiveKit's own sockets that the configured range does not hold. A NAT may change what STUN
/// servers see, so that type of candidate says nothing.
std::vector<std::uint16_t> ports_outside(const Scene& scene, const PortRange& range) {
  std::vector<std::uint16_t> out;
  for (const MediaReport& report : scene.survey.withheld) {
    for (const CandidateReport& one : report.link.candidates) {
      const bool own = one.candidate.transport == proto::CandidateTransport::udp &&
                       one.candidate.type == proto::CandidateType::host && !(one.pair && one.pair->learned);
      const std::uint16_t port = one.candidate.endpoint.port;
      if (!own || (port >= range.first && port <= range.last)) continue;
      if (std::ranges::find(out, port) == out.end()) out.push_back(port);
    }
  }
  return out;
}

/// LiveKit was told addresses of ours that it cannot reach, or also where STUN servers see us.
struct Told {
  bool translated = false, mapped = false;
};

Told told_of(const MediaReport& offered) {
  Told told;
  for (const std::string& line : offered.told) {
    const auto own = proto::parse_candidate(line);
    told.mapped |= own && own->type == proto::CandidateType::srflx;
    told.translated |= own && own->type == proto::CandidateType::host && !is_global(own->endpoint.address);
  }
  return told;
}

/// Somebody answered over UDP: our own network lets it out.
bool udp_is_known_to_leave(const Scene& scene) {
  return udp_was_heard(scene.facts) ||
         std::ranges::any_of(scene.addresses, [](const AddressView& view) { return !view.answered.empty(); });
}

/// LiveKit could not send to us first: nobody told it where we are seen.
bool is_unknown_to_livekit(const Scene& scene, const std::string& address) {
  if (!scene.survey.offered || !is_global(address)) return false;
  const Told told = told_of(*scene.survey.offered);
  return told.translated && !told.mapped;
}

void raise_filtered(const Scene& scene, const std::string& address, Judgement& judgement) {
  const AddressView& view = *scene.find(address);
  const bool carried = scene.carried_otherwise();
  const auto tcp = scene.facts.find(facts::media_tcp_proof);
  const bool tcp_dead = tcp && !tcp->connected && !tcp->silent.empty();
  const std::string range = scene.range().empty() ? "LiveKit's UDP ports" : "UDP " + scene.range();
  // A refusal here and there is a port that LiveKit holds at another address alone.
  const bool all_refused = std::cmp_greater_equal(view.refused, view.silent.size());
  const std::string how = all_refused ? "is refused" : "is not answered";
  Finding& finding = judgement.raise(findings::udp_range_filtered, address);
  if (!carried && tcp_dead) {
    finding.saying(
        fmt::format("Media cannot flow: neither {} nor ICE/TCP of {} answers from here", range, address));
  } else {
    finding.saying(fmt::format("{} at {} {} from here ({} ports in {} sessions){}", range, address, how,
                               view.silent.size(), scene.survey.withheld.size(),
                               carried ? "; media flows another way, and will stutter" : ""));
  }
  if (!scene.is_livekits(address) || !(all_refused || udp_is_known_to_leave(scene))) {
    finding.sure(Confidence::likely);
  }
  finding.graded(carried ? Severity::warning : Severity::failure);
  add_port_evidence(scene, view, finding);
  if (tcp) finding.with("tcp_carries_media", facts::carries(scene.facts, facts::media_tcp_proof));
  if (is_unknown_to_livekit(scene, address)) {
    judgement.not_tested("whether LiveKit's own packets open its UDP ports at " + address,
                         "a router translates our address, and no STUN server told what to",
                         "name a STUN server with --stun HOST:PORT, or run from a public address");
  }
  const bool from_outside = scene.internet() && scene.deployment.run.vantage == Vantage::outside;
  if (tcp_dead && carried && from_outside && !all_refused && !udp_is_known_to_leave(scene)) {
    return judge_either_firewall(scene, address, finding);
  }
  Strings opened = tcp_dead ? tcp->opened : Strings{};
  std::erase_if(opened, [&](const std::string& one) {
    return !one.starts_with(address + ":") && !one.starts_with("[" + address + "]:");
  });
  const bool stalls = !opened.empty();
  say_what_to_open(scene, address, tcp_dead && !stalls, finding);
  if (stalls) {
    finding.with("tcp_accepts_and_carries_nothing", joined(opened))
        .change(
            finding.remedy.text +
            ". TCP is open already and carries nothing: look at what accepts it before LiveKit (a relay, a "
            "load balancer, a firewall that answers for it)");
  }
}

}  // namespace

void add_port_evidence(const Scene& scene, const AddressView& view, Finding& finding) {
  finding.with("ports_tested", view.answered.size() + view.silent.size())
      .with("ports_answered", view.answered.size())
      .with("ports_silent", listed(view.answered.empty() ? view.silent : surely_blocked_of(view)))
      .with("sessions", scene.survey.withheld.size());
  if (view.refused > 0) finding.with("icmp_port_unreachable", view.refused);
  if (!scene.survey.offered) return;
  finding.with("with_our_candidates", scene.survey.offered->connected());
  const Told told = told_of(*scene.survey.offered);
  if (told.translated) finding.with("told_where_stun_sees_us", told.mapped);
  const auto heard = [](const CandidateReport& one) { return one.pair && one.pair->requests_from_peer > 0; };
  finding.with("packets_of_livekit_arrived",
               std::ranges::any_of(scene.survey.offered->link.candidates, heard));
}

void judge_partial(const Scene& scene, Judgement& judgement) {
  for (const AddressView& view : scene.addresses) {
    const std::vector<std::uint16_t> blocked = blocked_of(view);
    if (view.answered.empty() || blocked.empty()) continue;
    Finding& finding = judgement.raise(findings::udp_range_partially_open, view.address);
    finding.sure(Confidence::likely)
        .saying(fmt::format("Of LiveKit's UDP ports at {}, {}: the firewall covers a part of the range",
                            view.address, in_words(scene, view)));
    add_port_evidence(scene, view, finding);
    if (range_ports(scene) > 0) finding.with("coverage", coverage_of(view).text(range_ports(scene)));
    say_what_to_open(scene, view.address, false, finding);
  }
}

void judge_outside_range(const Scene& scene, Judgement& judgement) {
  const auto& livekit = scene.deployment.livekit;
  if (!livekit || !livekit->udp) return;
  const std::vector<std::uint16_t> outside = ports_outside(scene, *livekit->udp);
  if (outside.empty()) return;
  constexpr std::size_t kNamed = 3;
  const std::vector<std::uint16_t> named(
      outside.begin(), outside.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, outside.size())));
  const std::string more =
      outside.size() > kNamed ? fmt::format(" and {} more", outside.size() - kNamed) : "";
  Finding& finding = judgement.raise(findings::running_config_differs_from_file, "rtc UDP ports");
  finding
      .saying(
          fmt::format("LiveKit uses UDP {}{}, its configuration says {}: it does not run with what was read "
                      "here",
                      listed(named), more, scene.range()))
      .with("ports_used", listed(outside))
      .with("ports_configured", scene.range());
  if (livekit->udp_origin.known()) finding.at(livekit->udp_origin);
}

void judge_filtered(const Scene& scene, const std::string& address, Judgement& judgement) {
  const AddressView& view = *scene.find(address);
  if (view.answered.empty() && !view.silent.empty()) return raise_filtered(scene, address, judgement);
  judgement.could_not_tell(scene.best->why);  // it did answer, or was not asked to the end
}

void state_coverage(const Scene& scene, Judgement& judgement) {
  std::size_t answered = 0, silent = 0;
  Coverage coverage;  // of the addresses that answer at all
  for (const AddressView& view : scene.addresses) {
    answered += view.answered.size();
    silent += coverage_of(view).blocked;
    if (view.answered.empty()) continue;
    coverage.seen += coverage_of(view).seen;
    coverage.blocked += coverage_of(view).blocked;
  }
  judgement.fact("ports_answered", answered);
  judgement.fact("ports_silent", silent);
  judgement.fact("range_ports", range_ports(scene) > 0 ? Json(range_ports(scene)) : Json());
  judgement.fact("blocked_at_least", coverage.seen > 0 ? Json(coverage.at_least()) : Json());
  judgement.fact("blocked_at_most", coverage.seen > 0 ? Json(coverage.at_most()) : Json());
  const bool stated = coverage.seen > 0 && range_ports(scene) > 0;
  judgement.fact("coverage", stated ? Json(coverage.text(range_ports(scene))) : Json());
  judgement.fact("hole_punching_needed",
                 scene.survey.offered ? Json(!scene.survey.connected() && scene.survey.offered->connected())
                                      : (scene.survey.connected() ? Json(false) : Json()));
}

}  // namespace lkdoctor::probes::media
