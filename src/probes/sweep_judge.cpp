// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>

#include "probes/sweep_gaps.hpp"
#include "probes/sweep_greetings.hpp"
#include "probes/sweep_place.hpp"
#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

using namespace sweep;

constexpr double kFewPackets = 500;  // a second: some five people with video
constexpr int kMediaBytes = 1200, kSoon = 15;
constexpr double kLostAtFirst = 0.5, kLostWhenSlow = 0.1;

/// No session of this run says whether the ports are open, nor do the responder's own words: they may be a
/// container's, and the responder beside it.
bool may_stand_beside(const PortSweep& sweep, const Tally& tally, const Facts& facts) {
  const auto proof = facts.find(facts::media_udp_proof);
  const bool by_session =
      proof && !(proof->answered.empty() && proof->silent.empty() && proof->blocked.empty());
  return sweep.own_port_answered && sweep.tallied && tally.open == 0 && tally.arrived == 0 && !by_session &&
         !never_came(sweep);
}

void raise_blocked(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                   Judgement& judgement) {
  const bool all = tally.open == 0;
  Finding& finding =
      judgement.raise(all ? findings::udp_range_filtered : findings::udp_range_partially_open, sweep.address);
  std::string said = fmt::format("UDP {} at {} {}", words_for(sweep.intervals, "blocked"), sweep.address,
                                 where_lost(sweep, tally, is_several(sweep)));
  if (!all) {
    said += is_told(sweep) ? fmt::format("; the rest of {} is open", whole_range(sweep))
                           : fmt::format("; {} is open", words_for(sweep.intervals, "open"));
  }
  finding.graded(grade(sweep, beside)).saying(std::move(said));
  add_proof(sweep, tally, finding);
  if (may_stand_beside(sweep, tally, beside.facts)) {
    finding.sure(Confidence::likely)
        .with("look_alike", "LiveKit in a container with its own network, and the responder on its host");
  }
  finding.change(
      fmt::format("Open UDP {} inbound to {} in {}", whole_range(sweep), sweep.address, walls_of(sweep)));
  add_origin(beside.deployment, finding);
}

/// What arrived, and was answered in vain.
bool judge_answers(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                   Judgement& judgement) {
  if (tally.arrived == 0) return false;
  Finding& finding = judgement.raise(findings::udp_answers_dropped, sweep.address);
  finding.graded(grade(sweep, beside))
      .saying(fmt::format("UDP {} at {} {}, and the answers do not come back{}",
                          words_for(sweep.intervals, "blocked"), sweep.address,
                          is_several(sweep) ? "arrive" : "arrives", kept_words(sweep)));
  add_proof(sweep, tally, finding);
  name_way_out(sweep, finding);
  return true;
}

/// Each way of being blocked has a cause of its own.
void judge_blocked(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  for (const Fate fate :
       {Fate::lost_inwards, Fate::lost_at_host, Fate::lost_on_the_way_back, Fate::not_told}) {
    const PortSweep part = of_fate(sweep, fate);
    const Tally tally = tally_of(part);
    if (tally.blocked == 0) continue;
    const bool explained =
        judge_place(part, beside, judgement) || judge_answers(part, tally, beside, judgement);
    if (!explained) raise_blocked(part, tally, beside, judgement);
  }
}

/// A router's table of connections, a limit of flows a second, one of several links that is dead: not what
/// LiveKit's operator has set for these ports.
void judge_new_flows(const PortSweep& sweep, Judgement& judgement) {
  const bool any =
      std::ranges::any_of(sweep.intervals, [](const SweptInterval& one) { return one.why == kByFlow; });
  if (!any) return;
  judgement.raise(findings::udp_flows_limited, sweep.address)
      .sure(Confidence::likely)
      .saying(sweep.new_flows_lost > 0
                  ? fmt::format("Between here and {} new UDP flows are lost at any port: {} of {} to ports "
                                "that answer in flows that exist",
                                sweep.address, sweep.new_flows_lost, sweep.new_flows)
                  : fmt::format("Between here and {} UDP flows are lost in no order of ports", sweep.address))
      .with("new_flows", sweep.new_flows)
      .with("new_flows_lost", sweep.new_flows_lost)
      .with("ports_answered", tally_of(sweep).open)
      .with("ports_untested", tally_of(sweep).untested);
}

void judge_rewriting(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  if (sweep.rewritten == 0) return;
  judgement.raise(findings::udp_ports_rewritten, sweep.address)
      .graded(grade(sweep, beside))
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

/// It ended, or somebody shut us out: a sweep looks like an attack.
void judge_silence(const PortSweep& sweep, const Tally& tally, Judgement& judgement) {
  if (!sweep.fell_silent) return;
  const double seconds = static_cast<double>(sweep.last_heard.count()) / 1e6;
  judgement.raise(findings::responder_unreachable, sweep.address)
      .saying(
          fmt::format("The responder at {} answered for {:.1f} s, then nothing came from any port, not even "
                      "from {}: it has ended, or this client was shut out",
                      sweep.address, seconds, sweep.welcomed_by))
      .with("answered_for_seconds", seconds)
      .with("ports_answered", tally.open + tally.rewritten)
      .with("ports_untested", tally.untested);
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

void judge_sweep(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  if (!sweep.welcomed()) return judge_greetings(sweep, beside, judgement);
  const Tally tally = tally_of(sweep);
  const auto& livekit = beside.deployment.livekit;
  const Parts parts = parted(sweep, livekit ? livekit->udp : std::nullopt);
  judge_rewriting(sweep, beside, judgement);
  judge_blocked(parts.own, beside, judgement);
  tell_beyond(parts.beyond, judgement);
  judge_silence(sweep, tally, judgement);
  judge_new_flows(sweep, judgement);
  judge_proxy(sweep, judgement);
  judge_rate(sweep, tally, judgement);
  judge_sizes(sweep, judgement);
  judge_flows(sweep, judgement);
  tell_untested(sweep, judgement);
}

}  // namespace lkdoctor::probes
