// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_greetings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "probes/sweep_gaps.hpp"
#include "probes/sweep_words.hpp"

namespace lkdoctor::probes::sweep {
namespace {

/// "16 UDP ports of 20000-25000 and to UDP 17881".
std::string words_of(const PortSweep& sweep) {
  const std::uint32_t of_range = tally_of(sweep).blocked;
  const auto is_in_range = [&](std::uint16_t port) {
    return std::ranges::any_of(sweep.intervals,
                               [&](const SweptInterval& one) { return one.from <= port && port <= one.to; });
  };
  std::string out = of_range == 0 ? "" : fmt::format("{} UDP ports of {}", of_range, whole_range(sweep));
  for (const std::uint16_t port : sweep.greeted) {
    if (!is_in_range(port)) out += fmt::format("{}UDP {}", out.empty() ? "" : " and to ", port);
  }
  return out;
}

}  // namespace

std::vector<SweptInterval> greeted_ports(const PortSweep& sweep, const Deployment& deployment) {
  std::vector<PortRange> ranges;
  if (deployment.run.carried) ranges = deployment.run.carried->udp;
  if (deployment.livekit && deployment.livekit->udp) ranges = {*deployment.livekit->udp};
  std::vector<SweptInterval> out;
  for (const std::uint16_t port : sweep.greeted) {
    const auto has_it = [&](const PortRange& one) { return one.first <= port && port <= one.last; };
    if (std::ranges::any_of(ranges, has_it)) out.push_back({port, port, "blocked", 1});
  }
  return out;
}

void judge_greetings(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  tell_untested(sweep, judgement);
  if (tally_of(sweep).blocked == 0)
    return judgement.could_not_tell("greetings to " + words_of(sweep) + " at " + sweep.address +
                                    " arrive alone, and no answer comes back");
  if (!sweep.kept && lets_no_udp_out(beside.facts, beside.deployment))
    return judgement.could_not_tell(who_drops_udp(beside.facts));
  Finding& finding = judgement.raise(findings::udp_answers_dropped, sweep.address);
  finding.graded(grade(sweep, beside))
      .saying(fmt::format("Greetings to {} at {} arrive and are answered there, and no answer comes back{}",
                          words_of(sweep), sweep.address, kept_words(sweep)))
      .with("evidence", "two-sided")
      .with("greeted_ports_heard", sweep.greeted.size());
  name_way_out(sweep, finding);
  if (sweep.kept || udp_was_heard(beside.facts)) return;
  finding.sure(Confidence::likely).with("look_alike", "this network, which lets no UDP in");
}

}  // namespace lkdoctor::probes::sweep
