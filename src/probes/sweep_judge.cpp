// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <numeric>

namespace lkdoctor::probes {
namespace {

constexpr double kFewPackets = 500;  // a second: some five people with video
constexpr double kLostAtFirst = 0.5, kLostWhenSlow = 0.1;
constexpr std::size_t kNamedIntervals = 4;

bool carried(const Facts& facts) {
  return facts::carries(facts, facts::media_udp_proof) || facts::carries(facts, facts::media_tcp_proof) ||
         facts::carries(facts, facts::turn_udp_proof) || facts::carries(facts, facts::turn_tls_proof);
}

Severity grade(const Facts& facts) {
  return carried(facts) ? Severity::warning : Severity::failure;
}

struct Tally {
  std::uint32_t open = 0, blocked = 0, in_use = 0, untested = 0;
  int arrived = 0, refused = 0;
};

Tally tally_of(const PortSweep& sweep) {
  Tally out;
  for (const SweptInterval& one : sweep.intervals) {
    const std::uint32_t ports = one.to - one.from + 1;
    (one.state == "open"      ? out.open
     : one.state == "blocked" ? out.blocked
     : one.state == "in_use"  ? out.in_use
                              : out.untested) += ports;
    out.arrived += one.arrived;
    out.refused += one.refused;
  }
  return out;
}

std::string words_for(const std::vector<SweptInterval>& all, std::string_view state) {
  std::string out;
  std::size_t named = 0, more = 0;
  for (const SweptInterval& one : all) {
    if (one.state != state) continue;
    if (++named > kNamedIntervals) {
      ++more;
      continue;
    }
    out += out.empty() ? "" : ", ";
    out += one.from == one.to ? fmt::format("{}", one.from) : fmt::format("{}-{}", one.from, one.to);
  }
  return more == 0 ? out : fmt::format("{} and {} more", out, more);
}

std::string whole_range(const PortSweep& sweep) {
  if (sweep.intervals.empty()) return {};
  return fmt::format("{}-{}", sweep.intervals.front().from, sweep.intervals.back().to);
}

/// Where on its way a datagram is lost, as far as the responder told.
std::string_view where_lost(const PortSweep& sweep, const Tally& tally) {
  if (!sweep.tallied) return "is not answered";
  // Linux says it for six packets at once and then for one a second: one of them is enough.
  if (tally.refused > 0 && tally.arrived == 0) return "is refused on the way in";
  return "is dropped on the way in";
}

void add_proof(const PortSweep& sweep, const Tally& tally, Finding& finding) {
  finding.with("evidence", "two-sided")
      .with("ports_answered", tally.open)
      .with("ports_silent", tally.blocked)
      .with("rounds", sweep.rounds)
      .with("arrived_at_responder", sweep.tallied ? Json(tally.arrived) : Json())
      .with("loss_ratio", sweep.loss_ratio ? Json(*sweep.loss_ratio) : Json());
  if (tally.refused > 0) finding.with("icmp_errors", tally.refused);
}

void raise_blocked(const PortSweep& sweep, const Tally& tally, const Facts& facts,
                   const Deployment& deployment, Judgement& judgement) {
  const bool all = tally.open == 0;
  Finding& finding =
      judgement.raise(all ? findings::udp_range_filtered : findings::udp_range_partially_open, sweep.address);
  const std::string blocked = words_for(sweep.intervals, "blocked");
  const std::string_view how = where_lost(sweep, tally);
  finding.graded(grade(facts))
      .saying(all ? fmt::format("UDP {} at {} {}", whole_range(sweep), sweep.address, how)
                  : fmt::format("UDP {} at {} {}; the rest of {} is open", blocked, sweep.address, how,
                                whole_range(sweep)));
  add_proof(sweep, tally, finding);
  finding.change(fmt::format("Open UDP {} inbound to {} in provider firewall, router and host firewall",
                             whole_range(sweep), sweep.address));
  if (deployment.livekit && deployment.livekit->udp_origin.known())
    finding.at(deployment.livekit->udp_origin);
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
    if (trial.answered > 0 || trial.bytes > 1200) continue;
    judgement.raise(findings::path_mtu_blackhole, sweep.address)
        .saying(fmt::format("Small UDP datagrams to {} are answered, those of {} bytes never are",
                            sweep.address, trial.bytes))
        .with("bytes", trial.bytes)
        .with("sent", trial.sent)
        .with("answered", 0);
  }
}

}  // namespace

Json intervals_of(const PortSweep& sweep) {
  Json out = Json::array();
  for (const SweptInterval& one : sweep.intervals)
    out.push_back({{"from", one.from}, {"to", one.to}, {"state", one.state}});
  return out;
}

void judge_sweep(const PortSweep& sweep, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement) {
  const Tally tally = tally_of(sweep);
  judge_rewriting(sweep, facts, judgement);
  if (!judge_answers(sweep, tally, facts, judgement) && tally.blocked > 0)
    raise_blocked(sweep, tally, facts, deployment, judgement);
  judge_rate(sweep, tally, judgement);
  judge_sizes(sweep, judgement);
  const std::string at = " at " + sweep.address;
  if (tally.in_use > 0) {
    judgement.not_tested("UDP " + words_for(sweep.intervals, "in_use") + at,
                         "in use on that host, and the responder has no raw socket there",
                         "run lkdoctor respond as root, or with CAP_NET_RAW");
  }
  if (tally.untested > 0) {
    judgement.not_tested("UDP " + words_for(sweep.intervals, "untested") + at,
                         "too much is lost on the way to tell silence from a filter", "run it again");
  }
}

}  // namespace lkdoctor::probes
