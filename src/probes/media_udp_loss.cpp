// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/test_call.hpp>
#include <lkdoctor/findings.hpp>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

constexpr double kLossLimit = 0.05;
constexpr double kNobodyTalks = 0.5;
constexpr int kLossesAtLeast = 3;
constexpr int kEnoughToTell = 100;

struct Flows {
  const MediaReport* cut = nullptr;  ///< the one that was measured longest
  int dead = 0, seen = 0;
};

void add(Flows& flows, const MediaReport& report) {
  const PathQuality& path = report.path;
  // A short train with gaps, which no long one followed, tells neither way.
  const bool told = path.answered == path.sent || path.sent >= kEnoughToTell;
  flows.seen += path.sent > 0 && told ? 1 : 0;
  if (!path.was_cut()) return;
  ++flows.dead;
  if (flows.cut == nullptr || path.sent > flows.cut->path.sent) flows.cut = &report;
}

Flows flows_of(const MediaSurvey& survey) {
  Flows flows;
  for (const MediaReport& report : survey.withheld) add(flows, report);
  if (survey.offered) add(flows, *survey.offered);
  return flows;
}

/// Clients go another way where UDP does not connect. A connection that falls silent later they keep, and
/// where most is lost, some connect now and then.
bool is_avoided(const Scene& scene) {
  return !scene.best->connected() && scene.carried_otherwise();
}

std::string in_words(const MediaReport& report, const std::string& peer, const PathQuality& path, int since) {
  if (!report.connected())
    return fmt::format(
        "UDP to {} is cut off after a few packets: ICE was answered, then neither DTLS nor any of {} checks",
        peer, path.sent);
  const auto lasted = path.last_answer_after.value_or(Microseconds(0)).count() / 1000;
  return fmt::format("UDP to {} is cut off after {} ms: {} packets were answered, and then none of {}", peer,
                     lasted, path.answered, since);
}

void raise_cut(const Scene& scene, Judgement& judgement) {
  const Flows flows = flows_of(scene.survey);
  const MediaReport& report = flows.cut != nullptr ? *flows.cut : *scene.best;
  const PathQuality& path = flows.cut != nullptr ? report.path : scene.survey.quality;
  const std::string peer = report.peer();
  const int since = path.sent - path.sent_until_last_answer;
  Finding& finding = judgement.raise(findings::udp_flow_cut, peer)
                         .saying(in_words(report, peer, path, since))
                         .with("answered", path.answered)
                         .with("unanswered_since", since);
  if (report.connected())
    finding.with("cut_after_ms", path.last_answer_after.value_or(Microseconds(0)).count() / 1000);
  if (flows.seen > 1) finding.with("flows_measured", flows.seen).with("flows_found_dead", flows.dead);
  if (is_avoided(scene)) finding.graded(Severity::warning);
}

bool is_worth_a_word(const Scene& scene) {
  const PathQuality& quality = scene.survey.quality;
  const auto ratio = quality.loss_ratio();
  const double limit = scene.deployment.run.thresholds.packet_loss_ratio.value_or(kLossLimit);
  if (!ratio || quality.sent - quality.answered < kLossesAtLeast) return false;
  return is_surely_above(limit, *ratio, quality.sent);
}

}  // namespace

bool judge_loss(const Scene& scene, Judgement& judgement) {
  const PathQuality& quality = scene.survey.quality;
  if (quality.was_cut()) {
    raise_cut(scene, judgement);
    return true;
  }
  if (!is_worth_a_word(scene)) return false;
  const double ratio = quality.loss_ratio().value_or(0);
  Finding& finding = judgement.raise(findings::packet_loss_high, "UDP");
  const facts::TestCall call = scene.facts.find(facts::test_call).value_or(facts::TestCall{});
  const bool nobody_talks = !call.whole && is_surely_above(kNobodyTalks, ratio, quality.sent);
  if (nobody_talks) finding.graded(Severity::failure);
  finding
      .saying(fmt::format("{} of {} packets between here and LiveKit are lost",
                          quality.sent - quality.answered, quality.sent))
      .with("sent", quality.sent)
      .with("answered", quality.answered)
      .with("loss_ratio", ratio);
  return nobody_talks;
}

}  // namespace lkdoctor::probes::media
