// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_greetings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>

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

std::vector<SweptInterval> greeted_ports(const PortSweep& sweep, const std::optional<PortRange>& range) {
  std::vector<SweptInterval> out;
  if (!range) return out;
  for (const std::uint16_t port : sweep.greeted) {
    if (range->first <= port && port <= range->last) out.push_back({port, port, "blocked", 1});
  }
  return out;
}

void judge_greetings(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  Finding& finding = judgement.raise(findings::udp_answers_dropped, sweep.address);
  finding.graded(grade(sweep, beside))
      .saying(fmt::format("Greetings to {} at {} arrive and are answered there, and no answer comes back{}",
                          words_of(sweep), sweep.address, kept_words(sweep)))
      .with("evidence", "two-sided")
      .with("greeted_ports_heard", sweep.greeted.size());
  name_way_out(sweep, finding);
  tell_untested(sweep, judgement);
  if (tally_of(sweep).blocked == 0)
    judgement.could_not_tell("of the range no greeting was heard at " + sweep.address);
}

}  // namespace lkdoctor::probes::sweep
