// SPDX-License-Identifier: EUPL-1.2
#include "clock.hpp"

#include <cmath>
#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/findings.hpp>

namespace lkdoctor::checks::key {
namespace {

constexpr double kWorthSaying = 5;

}  // namespace

void judge_clock(const Scene& scene, bool refused_for_time) {
  const auto offset = probes::clock_offset_of(scene.observation);
  const auto local = scene.facts.find(facts::local_clock);
  const double wrong_here = local && local->wrong_by_seconds ? *local->wrong_by_seconds : 0;
  if (!offset) {
    if (refused_for_time && wrong_here == 0) {
      scene.raise(findings::clock_skew, "LiveKit", {})
          .graded(Severity::failure)
          .saying(
              "LiveKit refuses tokens of this minute for their time: its clock and this machine's differ by "
              "more than 60 s.");
    }
    return;
  }
  const double real = *offset - wrong_here;
  const double accepted = scene.deployment.run.thresholds.clock_skew_seconds.value_or(kWorthSaying);
  if (std::abs(real) < std::min(accepted, kLeewaySeconds)) return;
  const bool ahead = real > 0;
  const auto seconds = static_cast<std::int64_t>(std::llround(std::abs(real)));
  const bool at_controller = scene.deployment.run.vantage == Vantage::controller;
  const std::string here = at_controller ? "the controller's" : "this machine's";
  const std::string effect = std::abs(real) > kLeewaySeconds
                                 ? "every token of this minute is refused (LiveKit allows 60 s)."
                                 : "beyond 60 s every join fails.";
  scene.raise(findings::clock_skew, "LiveKit", {})
      .graded(std::abs(real) > kLeewaySeconds ? Severity::failure : Severity::warning)
      .sure(at_controller || wrong_here != 0 ? Confidence::proven : Confidence::likely)
      .saying("LiveKit's clock is " + std::to_string(seconds) + " s " + (ahead ? "ahead of " : "behind ") +
              here + "; " + effect)
      .with("offset_seconds", *offset)
      .with("uncertainty_seconds", probes::clock_uncertainty_of(scene.observation))
      .with("direction", ahead ? "ahead" : "behind")
      .with("tokens_tried", scene.observation.ladder.size())
      .command("timedatectl set-ntp true");
}

}  // namespace lkdoctor::checks::key
