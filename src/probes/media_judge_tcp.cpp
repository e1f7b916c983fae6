// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/probes/media_judge.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "probes/media_scene.hpp"

namespace lkdoctor::probes {
namespace {

using media::joined;
using media::Scene;
using media::Strings;

bool udp_carries(const Scene& scene) {
  const auto udp = scene.facts.find(facts::media_udp_proof);
  return udp && udp->connected;
}

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
  if (!udp || udp->connected || udp->silent.empty()) return;
  if (why_silence_proves_nothing(scene.facts, scene.deployment)) return;
  judgement.raise(findings::media_silently_on_tcp, "media")
      .saying(fmt::format("Calls work, but over TCP alone: UDP to {} fails. Sound and picture will stutter",
                          joined(udp->silent)))
      .with("udp_stage", udp->stage)
      .with("udp_silent", joined(udp->silent));
}

/// Nothing of what LiveKit names for ICE/TCP connects.
void judge_closed(const Scene& scene, Judgement& judgement) {
  const Strings usable = scene.usable();
  bool said = false;
  for (const CandidateReport& one : scene.best->link.candidates) {
    const std::string& address = one.candidate.endpoint.address;
    const bool never_opened = !one.pair;  // else it connected, and something else is there: tcp_ice says what
    if (!one.tried || !media::contains(usable, address) || !never_opened) continue;
    if (one.carrier.error == net::NetError::network_unreachable) continue;
    const bool refused = one.carrier.error == net::NetError::refused;
    Finding& finding = judgement.raise(findings::ice_tcp_closed, text(one.candidate.endpoint));
    finding
        .saying(fmt::format("TCP {} at {} {}: people whose network blocks UDP cannot join",
                            one.candidate.endpoint.port, address, refused ? "is refused" : "is not answered"))
        .with("error", one.carrier.ok() ? "silence" : one.carrier.text)
        .graded(udp_carries(scene) || scene.carried_otherwise() ? Severity::warning : Severity::failure)
        .command(fmt::format("ufw allow {}/tcp", one.candidate.endpoint.port));
    const auto& livekit = scene.deployment.livekit;
    if (livekit && livekit->tcp_port.is_set()) finding.at(livekit->tcp_port.origin);
    said = true;
  }
  if (!said) judgement.could_not_tell(scene.best->why);
}

void judge_silence(const Scene& scene, Judgement& judgement) {
  if (const auto why = only_a_forward_proxy_leads_out(scene.facts)) return judgement.could_not_tell(*why);
  if (media::judge_addresses(scene, judgement)) return;
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
  if (scene.best->connected()) return judge_connected(scene, judgement);
  if (scene.best->stage == MediaStage::candidates) return judge_unoffered(scene, judgement);
  if (scene.best->stage == MediaStage::dtls) return media::judge_dtls(scene, judgement);
  judge_silence(scene, judgement);
}

}  // namespace lkdoctor::probes
