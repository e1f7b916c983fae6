// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>

#include "probes/sweep_gaps.hpp"
#include "probes/sweep_place.hpp"
#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

using namespace sweep;

constexpr double kFewPackets = 500;  // a second: some five people with video
constexpr int kMediaBytes = 1200, kSoon = 15;
constexpr double kLostAtFirst = 0.5, kLostWhenSlow = 0.1;

void raise_blocked(const PortSweep& sweep, const Tally& tally, const Facts& facts,
                   const Deployment& deployment, Judgement& judgement) {
  const bool all = tally.open == 0;
  const std::string open =
      is_told(sweep) ? "the rest of " + whole_range(sweep) : words_for(sweep.intervals, "open");
  Finding& finding =
      judgement.raise(all ? findings::udp_range_filtered : findings::udp_range_partially_open, sweep.address);
  const std::string blocked = words_for(sweep.intervals, "blocked");
  const std::string_view how = where_lost(sweep, tally);
  finding.graded(grade(facts))
      .saying(all ? fmt::format("UDP {} at {} {}", blocked, sweep.address, how)
                  : fmt::format("UDP {} at {} {}; {} is open", blocked, sweep.address, how, open));
  add_proof(sweep, tally, finding);
  finding.change(fmt::format("Open UDP {} inbound to {} in provider firewall, router and host firewall",
                             whole_range(sweep), sweep.address));
  add_origin(deployment, finding);
}

/// What arrived, and was answered in vain.
bool judge_answers(const PortSweep& sweep, const Tally& tally, const Facts& facts, Judgement& judgement) {
  if (tally.blocked == 0 || std::cmp_less(tally.arrived * 2, tally.blocked)) return false;
  Finding& finding = judgement.raise(findings::udp_answers_dropped, sweep.address);
  finding.graded(grade(facts))
      .saying(fmt::format("UDP {} at {} arrives, and the answers do not come back",
                          words_for(sweep.intervals, "blocked"), sweep.address));
  add_proof(sweep, tally, finding);
  return true;
}

void judge_rewriting(const PortSweep& sweep, const Facts& facts, Judgement& judgement) {
  if (sweep.rewritten == 0) return;
  judgement.raise(findings::udp_ports_rewritten, sweep.address)
      .graded(grade(facts))
      .saying(fmt::format(
          "What is sent to UDP {} at {} arrives at another port: {} of the ports are forwarded shifted",
          sweep.rewritten_example.substr(0, sweep.rewritten_example.find(' ')), sweep.address,
          sweep.rewritten))
      .with("example", sweep.rewritten_example)
      .with("ports", sweep.rewritten);
}

void judge_rate(const PortSweep& sweep, const Tally& tally, Judgement& judgement) {
  const bool slow = sweep.rate_pps > 0 && sweep.rate_pps < kFewPackets && sweep.first_loss > kLostAtFirst &&
                    sweep.loss_ratio.value_or(1) < kLostWhenSlow;
  if (!slow || tally.open == 0) return;
  judgement.raise(findings::udp_rate_limited, sweep.address)
      .saying(fmt::format("UDP to {} is let through up to some {:.0f} packets a second, and dropped above",
                          sweep.address, sweep.rate_pps))
      .with("packets_per_second", static_cast<int>(sweep.rate_pps))
      .with("loss_ratio_at_20000_per_second", sweep.first_loss);
}

void judge_sizes(const PortSweep& sweep, Judgement& judgement) {
  for (const SizeTrial& trial : sweep.sizes) {
    // Less than a full frame is usual on many lines; what media needs is not.
    if (trial.answered > 0 || trial.bytes > kMediaBytes) continue;
    judgement.raise(findings::path_mtu_blackhole, sweep.address)
        .saying(
            trial.arrived
                ? fmt::format("UDP datagrams of {} bytes arrive at {}, and answers of that size never come "
                              "back; small ones do",
                              trial.bytes, sweep.address)
                : fmt::format("Small UDP datagrams to {} are answered, those of {} bytes never arrive",
                              sweep.address, trial.bytes))
        .with("bytes", trial.bytes)
        .with("sent", trial.sent)
        .with("arrived", trial.arrived)
        .with("answered", 0);
  }
}

/// LiveKit's own checks go every few seconds: what is kept for fifteen is kept long enough.
void judge_flows(const PortSweep& sweep, Judgement& judgement) {
  const FlowLife life = flow_life(sweep);
  if (!life.gone_by || *life.gone_by > kSoon) return;
  Finding& finding = judgement.raise(findings::udp_flow_forgotten, sweep.address);
  finding
      .saying(
          life.at_least
              ? fmt::format("A silent UDP flow to {} is remembered for {} s and forgotten within {} s",
                            sweep.address, *life.at_least, *life.gone_by)
              : fmt::format("A silent UDP flow to {} is forgotten within {} s", sweep.address, *life.gone_by))
      .with("alive_after_seconds", life.at_least ? Json(*life.at_least) : Json())
      .with("gone_by_seconds", *life.gone_by);
}

}  // namespace

Json intervals_of(const PortSweep& sweep) {
  Json out = Json::array();
  for (const SweptInterval& one : sweep.intervals) {
    const bool goes_on =
        !out.empty() && out.back().at("state") == one.state && out.back().at("to") == one.from - 1;
    if (goes_on) out.back()["to"] = one.to;
    if (!goes_on) out.push_back({{"from", one.from}, {"to", one.to}, {"state", one.state}});
  }
  return out;
}

Json sizes_of(const PortSweep& sweep) {
  Json out = Json::array();
  for (const SizeTrial& one : sweep.sizes)
    out.push_back({{"bytes", one.bytes}, {"arrived", one.arrived}, {"answered", one.answered > 0}});
  return out;
}

Json flow_seconds_of(const PortSweep& sweep) {
  if (sweep.flows.empty()) return nullptr;
  const FlowLife life = flow_life(sweep);
  return {{"at_least", Json(life.at_least)}, {"gone_by", Json(life.gone_by)}};
}

FlowLife flow_life(const PortSweep& sweep) {
  FlowLife out;
  for (const FlowTrial& trial : sweep.flows) {
    if (trial.answered > 0) {
      out.at_least = trial.seconds;
      out.gone_by.reset();
    } else if (!out.gone_by) {
      out.gone_by = trial.seconds;
    }
  }
  return out;
}

void judge_sweep(const PortSweep& sweep, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement) {
  const Tally tally = tally_of(sweep);
  judge_rewriting(sweep, facts, judgement);
  const bool explained =
      judge_place(sweep, facts, deployment, judgement) || judge_answers(sweep, tally, facts, judgement);
  if (!explained && tally.blocked > 0) raise_blocked(sweep, tally, facts, deployment, judgement);
  judge_proxy(sweep, judgement);
  judge_rate(sweep, tally, judgement);
  judge_sizes(sweep, judgement);
  judge_flows(sweep, judgement);
  tell_untested(sweep, judgement);
}

}  // namespace lkdoctor::probes
