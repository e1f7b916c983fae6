// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <lkdoctor/probes/media_judge.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes {
namespace {

using media::AddressView;
using media::Scene;
using media::Strings;

constexpr int kTries = 8;  // checks of a session
constexpr double kByChance = 0.01;

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
  // On a line that loses most, a session may lose all its checks by chance.
  const double loss = scene.survey.quality.loss_ratio().value_or(0);
  if (std::pow(loss, kTries) < kByChance) media::judge_partial(scene, judgement);
  media::judge_dead(scene, judgement);
  media::judge_loss(scene, judgement);
}

/// Addresses that carried once LiveKit was told where to send; all of them, if it came from elsewhere.
Strings opened_by_livekit(const Scene& scene) {
  Strings out = scene.usable();
  const auto carried = [&](const std::string& address) {
    return std::ranges::any_of(scene.best->link.candidates, [&](const CandidateReport& one) {
      return one.answered() && one.candidate.endpoint.address == address;
    });
  };
  if (std::ranges::any_of(out, carried)) {
    std::erase_if(out, [&](const std::string& address) { return !carried(address); });
  }
  return out;
}

void raise_punched(const Scene& scene, const std::string& where, Judgement& judgement) {
  Finding& finding = judgement.raise(findings::udp_works_only_by_hole_punching, where);
  finding.saying(
      fmt::format("UDP to {} works only after LiveKit has sent first: inbound UDP is closed, and people "
                  "behind strict firewalls have no media over UDP",
                  where));
  if (const AddressView* view = scene.find(where)) media::add_port_evidence(scene, *view, finding);
  media::say_what_to_open(scene, where, false, finding);
}

void judge_punched(const Scene& scene, bool explained, Judgement& judgement) {
  if (media::judge_addresses(scene, judgement) || explained) return;
  for (const std::string& address : opened_by_livekit(scene)) {
    if (media::is_our_own_router(scene, address)) {
      media::raise_hairpin(scene, address, judgement);
    } else if (!media::judge_other_source(scene, address, judgement)) {
      raise_punched(scene, address, judgement);
    }
  }
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
  if (media::judge_own_network(scene, judgement)) return;
  bool stale = false;
  for (const std::string& address : usable) stale |= media::judge_stale(scene, address, judgement);
  if (stale) return;
  const bool at_home = scene.deployment.run.vantage == Vantage::livekit_host;
  if (at_home && !scene.carried_otherwise()) {
    judgement.not_tested("media over UDP at " + joined(usable),
                         "the way from this host to its own public address says nothing about others",
                         "run lkdoctor check outside");
    return judgement.could_not_tell(
        "the way from this host to its own public address says nothing about others");
  }
  media::say_own_network_was_not_asked(scene, judgement);
  for (const std::string& address : usable) {
    if (media::is_our_own_router(scene, address)) {
      media::raise_hairpin(scene, address, judgement);
    } else if (!media::judge_wrong_address(scene, address, judgement)) {
      media::judge_filtered(scene, address, judgement);
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

}  // namespace

void judge_media_udp(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement) {
  const Scene scene(survey, Transport::udp, facts, deployment);
  state_media_facts(survey, Transport::udp, judgement);
  media::state_coverage(scene, judgement);
  if (scene.best == nullptr || scene.best->stage <= MediaStage::description) {
    return judgement.could_not_tell(scene.best != nullptr ? scene.best->why : "no session was held");
  }
  if (judge_lost(survey.afterwards, judgement)) return;
  media::judge_outside_range(scene, judgement);
  const RoomShared& shared = survey.shared;
  if (shared.split > 0) judge_split(shared.url, shared.one, shared.other, judgement);
  judge_asymmetric(scene, judgement);
  media::judge_ice_lite(scene, judgement);
  if (survey.connected()) return judge_connected(scene, judgement);
  const bool explained = media::judge_loss(scene, judgement);
  if (scene.best->connected()) return judge_punched(scene, explained, judgement);
  if (explained) return;
  if (scene.best->stage == MediaStage::candidates) return judge_unoffered(scene, judgement);
  if (scene.best->stage == MediaStage::dtls) return media::judge_dtls(scene, judgement);
  const bool asymmetric = std::ranges::any_of(
      judgement.findings(), [](const Finding& one) { return one.id == findings::one_way_udp.id; });
  if (!asymmetric) judge_silence(scene, judgement);
}

}  // namespace lkdoctor::probes
