// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_gaps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <lkdoctor/url.hpp>

#include "probes/sweep_greetings.hpp"
#include "probes/sweep_settled.hpp"
#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

struct Gap {
  std::string_view why, reason, how;
};
constexpr Gap kLost{"", "too much is lost on the way to tell silence from a filter", "run it again"};
constexpr Gap kGaps[] = {
    kLost,
    {kNotServed, "the responder does not serve them",
     "give lkdoctor respond the same livekit.yaml, or --udp"},
    {kBesideDocker, "the responder stands beside Docker, which hands what comes there to a container",
     "run lkdoctor respond in the network of LiveKit's container (docker run --network container:NAME)"},
    {kTakenAtHost,
     "another program on the responder's host has them, and Docker or the host's own firewall takes what "
     "comes "
     "there",
     "run lkdoctor respond in the network of LiveKit's container (docker run --network container:NAME), or "
     "where "
     "there is none as root outside of any"},
    {kNoAnswer, "no answer comes back from any port, so that only some were asked",
     "let UDP out of that host, then run it again"},
    {kUnopened, "the responder could not open them",
     "raise its limit of open files (LimitNOFILE, ulimit -n), or give it CAP_NET_RAW there"},
    {kByFlow, "new UDP flows from here are lost at any port, open ones too",
     "run it from another network, or responder and check again in some minutes"},
    {kFellSilent, "the responder fell silent before they were decided",
     "see that lkdoctor respond still runs, and that nothing has shut out this client; then run it again"},
    {kNoTime, "the time for this check was over", "give it more: --timeout 120 --deadline 150"},
};

const Gap& gap_of(std::string_view why) {
  const auto* gap = std::ranges::find(kGaps, why, &Gap::why);
  return gap == std::end(kGaps) ? kLost : *gap;
}

/// By its first port, and each port once.
std::vector<SweptInterval> in_order(std::vector<SweptInterval> all) {
  std::ranges::stable_sort(all, {}, &SweptInterval::from);
  std::vector<SweptInterval> out;
  for (SweptInterval& one : all) {
    if (!out.empty()) one.from = std::max(one.from, out.back().to + 1);
    if (one.from <= one.to) out.push_back(std::move(one));
  }
  return out;
}

/// What comes to these ports goes into a container, past a responder beside it.
std::vector<SweptInterval> beside_docker(const std::vector<SweptInterval>& all, const OwnedPorts& docker) {
  std::vector<SweptInterval> out;
  for (SweptInterval one : all) {
    const bool silent = one.state == "in_use" || one.why == kTakenAtHost ||
                        (one.state == "blocked" && one.arrived == 0 && one.why != kBeforeHost);
    const std::uint32_t first = std::max<std::uint32_t>(one.from, docker.from);
    const std::uint32_t last = std::min<std::uint32_t>(one.to, docker.to);
    if (!silent || first > last) {
      out.push_back(std::move(one));
      continue;
    }
    if (one.from < first)
      out.push_back({one.from, first - 1, one.state, 0, std::exchange(one.refused, 0), one.why});
    out.push_back({first, last, "untested", 0, 0, std::string(kBesideDocker)});
    if (last < one.to) out.push_back({last + 1, one.to, one.state, 0, one.refused, one.why});
  }
  return out;
}

PortSweep padded_to(PortSweep sweep, const std::optional<PortRange>& range, std::string_view why) {
  std::vector<SweptInterval> all = in_order(std::move(sweep.intervals));
  sweep.intervals.clear();
  std::uint32_t next = range ? range->first : 0;
  const std::uint32_t end = range ? range->last + 1 : 0;
  const auto fill = [&](std::uint32_t until) {
    if (next < until) sweep.intervals.push_back({next, until - 1, "untested", 0, 0, std::string(why)});
  };
  for (SweptInterval& one : all) {
    fill(std::min(one.from, end));
    next = std::max(next, one.to + 1);
    sweep.intervals.push_back(std::move(one));
  }
  fill(end);
  return sweep;
}

}  // namespace

std::vector<PortSweep> padded(std::vector<PortSweep> sweeps, const Deployment& deployment) {
  const std::optional<PortRange> range = deployment.livekit ? deployment.livekit->udp : std::nullopt;
  for (PortSweep& one : sweeps) {
    if (!one.told()) continue;
    if (!one.welcomed()) one.intervals = sweep::greeted_ports(one, deployment);
    const std::string_view why_missing = one.welcomed() ? kNotServed : kNoAnswer;
    one = padded_to(std::move(one), range, why_missing);
    one.intervals = sweep::settled(std::move(one.intervals));
    if (!deployment.run.carried) continue;
    for (const OwnedPorts& owned : deployment.run.carried->udp_in_use) {
      if (net::holds_published_ports(owned.owner)) one.intervals = beside_docker(one.intervals, owned);
    }
  }
  return sweeps;
}

void say_untold(const std::vector<PortSweep>& sweeps, const Facts& facts, Judgement& judgement) {
  if (std::ranges::none_of(sweeps, &PortSweep::welcomed)) return;
  std::uint32_t untold = 0, all = 0;
  for (const PortSweep& one : sweeps) {
    if (!one.welcomed()) continue;
    untold += sweep::untold_ports(one, facts);
    for (const SweptInterval& interval : one.intervals) all += interval.to - interval.from + 1;
  }
  if (all == 0) return judgement.could_not_tell("the responder serves no UDP port");
  if (untold > 0) judgement.could_not_tell(fmt::format("{} of {} ports were not tested", untold, all));
}

namespace sweep {

void tell_untested(const PortSweep& sweep, Judgement& judgement) {
  const std::string at = " at " + sweep.address;
  const std::string in_use = words_for(sweep.intervals, "in_use");
  if (!in_use.empty()) {
    judgement.not_tested("UDP " + in_use + at,
                         "in use on that host, and the responder has no raw socket there",
                         "run lkdoctor respond as root, or with CAP_NET_RAW");
  }
  for (const Gap& gap : kGaps) {
    std::vector<SweptInterval> its;
    for (const SweptInterval& one : sweep.intervals) {
      if (one.state == "untested" && &gap_of(one.why) == &gap) its.push_back(one);
    }
    if (its.empty()) continue;
    judgement.not_tested("UDP " + words_for(its, "untested") + at, std::string(gap.reason),
                         std::string(gap.how));
  }
}

void tell_beyond(const PortSweep& beyond, Judgement& judgement) {
  const std::string blocked = words_for(beyond.intervals, "blocked");
  if (blocked.empty()) return;
  judgement.not_tested("UDP " + blocked + " at " + beyond.address + " for LiveKit",
                       "blocked, and outside of LiveKit's range: nobody is sent there",
                       "nothing to open; give lkdoctor respond LiveKit's file, so that it serves that range");
}

std::uint32_t untold_ports(const PortSweep& sweep, const Facts& facts) {
  const Tally tally = tally_of(sweep);
  std::uint32_t proven = 0;
  const auto proof = facts.find(facts::media_udp_proof);
  const bool counts = proof && !proof->by_punching;
  for (const std::string& endpoint : counts ? proof->answered : std::vector<std::string>{}) {
    const auto place = parse_host_port(endpoint);
    if (!place || place->host != sweep.address) continue;
    proven += std::ranges::any_of(sweep.intervals, [&](const SweptInterval& one) {
      return one.state == "in_use" && place->port >= one.from && place->port <= one.to;
    });
  }
  return tally.untested + tally.in_use - std::min(tally.in_use, proven);
}

bool is_told(const PortSweep& sweep) {
  const auto gap = [](const SweptInterval& one, const SweptInterval& next) {
    return one.to + 1 != next.from;
  };
  const Tally tally = tally_of(sweep);
  return tally.untested + tally.in_use + tally.otherwise + tally.rewritten == 0 &&
         std::ranges::adjacent_find(sweep.intervals, gap) == sweep.intervals.end();
}

}  // namespace sweep

}  // namespace lkdoctor::probes
