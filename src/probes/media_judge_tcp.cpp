// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/probes/media_judge.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "probes/media_scene.hpp"

namespace lkdoctor::probes {
namespace {

using media::Scene;
using media::Strings;

bool udp_carries(const Scene& scene) {
  return facts::carries(scene.facts, facts::media_udp_proof);
}

constexpr int kEnoughTries = 4;

void judge_unoffered(const Scene& scene, Judgement& judgement) {
  if (scene.best->link.candidates.empty())
    return judgement.could_not_tell("LiveKit named no candidate at all");
  const bool matters = scene.internet() && !scene.has_turn();
  judgement.raise(findings::ice_tcp_not_configured, "rtc.tcp_port")
      .graded(matters ? Severity::warning : Severity::info)
      .saying("LiveKit names no TCP candidate: who cannot send UDP cannot join")
      .with("candidates", scene.best->link.candidates.size());
}

void judge_connected(const Scene& scene, Judgement& judgement) {
  media::judge_addresses(scene, judgement);
  const auto udp = scene.facts.find(facts::media_udp_proof);
  // Who is connected over UDP stays there when the flow is cut off: calls do not go on over TCP.
  if (!udp || udp->connected || udp->silent.empty()) return;
  if (why_silence_proves_nothing(scene.facts, scene.deployment)) return;
  judgement.raise(findings::media_silently_on_tcp, "media")
      .saying(fmt::format("Calls work, but over TCP alone: UDP to {} fails. Sound and picture will stutter",
                          joined(udp->silent)))
      .with("udp_stage", udp->stage)
      .with("udp_silent", joined(udp->silent));
}

/// Whose loss it is that TCP carries nothing.
std::string_view who_loses(const Scene& scene) {
  const auto udp = scene.facts.find(facts::media_udp_proof);
  if (udp && udp->flaw == "cut" && !scene.carried_otherwise())
    return "UDP flows are cut off as well, so that nobody has media";
  return scene.deployment.run.vantage == Vantage::recorder ? "where UDP fails, this recorder has no other way"
                                                           : "people whose network blocks UDP cannot join";
}

Finding& raise_closed(const Scene& scene, const CandidateReport& one, Judgement& judgement) {
  const Endpoint& where = one.candidate.endpoint;
  const bool refused = one.carrier.error == net::NetError::refused;
  return judgement.raise(findings::ice_tcp_closed, text(where))
      .saying(fmt::format("TCP {} at {} {}: {}", where.port, where.address,
                          refused ? "is refused" : "is not answered", who_loses(scene)))
      .with("error", one.carrier.ok() ? "silence" : one.carrier.text)
      .command(fmt::format("ufw allow {}/tcp", where.port));
}

/// The stream opened; no check that went into it was answered, or somebody ended it before media could flow.
Finding& raise_stalled(const Scene& scene, const CandidateReport& one, Judgement& judgement) {
  const Endpoint& where = one.candidate.endpoint;
  const std::string how = one.carrier.ok() ? "carries nothing" : "ends it again (" + one.carrier.text + ")";
  const auto mux = scene.facts.find(facts::ice_tcp);
  const bool livekit_is_there = mux && media::contains(mux->answering, where.address);
  return judgement.raise(findings::ice_tcp_stalls, text(where))
      .saying(fmt::format("TCP {} at {} accepts the connection and {}: {}", where.port, where.address, how,
                          who_loses(scene)))
      .with("checks_sent", one.pair->requests_sent)
      .with("checks_answered", one.pair->answers)
      .with("livekit_answers_there", livekit_is_there);
}

/// tcp_ice has looked at this address and did not find LiveKit: it says what else is there.
bool is_judged_by_tcp_ice(const Scene& scene, const CandidateReport& one) {
  const auto mux = scene.facts.find(facts::ice_tcp);
  return mux && media::contains(mux->silent, one.candidate.endpoint.address);
}

/// The connection stood and LiveKit was there; then it ended, or fell silent, and nobody had left.
bool was_cut(const Scene& scene, const CandidateReport& one) {
  if (!one.tried || !one.pair || scene.best->cut || scene.best->signalling.leave_reason) return false;
  const bool ended = one.carrier.error == net::NetError::reset || one.carrier.error == net::NetError::closed;
  const auto mux = scene.facts.find(facts::ice_tcp);
  const bool there = mux && media::contains(mux->answering, one.candidate.endpoint.address);
  const PathQuality& quality = scene.survey.quality;
  if (scene.best->connected()) {
    return one.pair->nominated && ((ended && quality.answered < quality.sent) || quality.was_cut());
  }
  return ended && (there || one.answered());
}

bool judge_cut(const Scene& scene, Judgement& judgement) {
  const auto& candidates = scene.best->link.candidates;
  const auto found =
      std::ranges::find_if(candidates, [&](const CandidateReport& one) { return was_cut(scene, one); });
  if (found == candidates.end()) return false;
  const Endpoint& where = found->candidate.endpoint;
  const bool reset = found->carrier.error == net::NetError::reset;
  const std::string how = reset ? "is reset" : (found->carrier.ok() ? "falls silent" : "is closed");
  Finding& finding = judgement.raise(findings::ice_tcp_stalls, text(where));
  finding
      .saying(fmt::format("TCP {} at {} opens and {} soon after: of {} ICE checks {} were answered. People "
                          "whose network blocks UDP lose the call",
                          where.port, where.address, how, found->pair->requests_sent, found->pair->answers))
      .with("how", how)
      .with("checks_sent", found->pair->requests_sent)
      .with("checks_answered", found->pair->answers)
      .graded(udp_carries(scene) || scene.carried_otherwise() ? Severity::warning : Severity::failure);
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->tcp_port.is_set()) finding.at(livekit->tcp_port.origin);
  return true;
}

/// Nothing of what LiveKit names for ICE/TCP carries.
void judge_closed(const Scene& scene, Judgement& judgement) {
  const Strings usable = scene.usable();
  const auto& livekit = scene.deployment.livekit;
  const bool carried = udp_carries(scene) || scene.carried_otherwise();
  bool said = false;
  for (const CandidateReport& one : scene.best->link.candidates) {
    if (!one.tried || !media::contains(usable, one.candidate.endpoint.address)) continue;
    if (media::says_no_route(one)) continue;
    const bool ended = !one.carrier.ok() && !is_judged_by_tcp_ice(scene, one);
    const bool unanswered = one.carrier.ok() && one.pair && one.pair->requests_sent >= kEnoughTries;
    const bool stalled = one.pair && (ended || unanswered);
    if (one.pair && !stalled) continue;
    Finding& finding = stalled ? raise_stalled(scene, one, judgement) : raise_closed(scene, one, judgement);
    finding.graded(carried ? Severity::warning : Severity::failure);
    if (livekit && livekit->tcp_port.is_set()) finding.at(livekit->tcp_port.origin);
    said = true;
  }
  if (!said) judgement.could_not_tell(scene.best->why);
}

bool is_refused(const Scene& scene) {
  return std::ranges::any_of(scene.best->link.candidates, [](const CandidateReport& one) {
    return one.carrier.error == net::NetError::refused;
  });
}

void judge_silence(const Scene& scene, Judgement& judgement) {
  if (const auto why = only_a_forward_proxy_leads_out(scene.facts)) return judgement.could_not_tell(*why);
  if (scene.best->cut) return judgement.could_not_tell(scene.best->why);
  if (media::judge_addresses(scene, judgement)) return;
  if (lets_no_udp_out(scene.facts, scene.deployment) && !is_refused(scene)) {
    return judgement.could_not_tell(
        who_drops_udp(scene.facts) +
        "; little else may pass there: silence at LiveKit's TCP port proves nothing");
  }
  if (scene.deployment.run.vantage == Vantage::livekit_host && !udp_carries(scene)) {
    return judgement.could_not_tell(
        "the way from this host to its own public address says nothing about others");
  }
  judge_closed(scene, judgement);
}

}  // namespace

void judge_media_tcp(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement) {
  const Scene scene(survey, Transport::tcp, facts, deployment);
  state_media_facts(survey, Transport::tcp, judgement);
  if (scene.best == nullptr || scene.best->stage <= MediaStage::description) {
    return judgement.could_not_tell(scene.best != nullptr ? scene.best->why : "no session was held");
  }
  if (judge_cut(scene, judgement)) return;
  if (scene.best->connected()) return judge_connected(scene, judgement);
  if (scene.best->stage == MediaStage::candidates) return judge_unoffered(scene, judgement);
  if (scene.best->stage == MediaStage::dtls) return media::judge_dtls(scene, judgement);
  judge_silence(scene, judgement);
}

}  // namespace lkdoctor::probes
