// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::probes::sweep {
namespace {

constexpr std::size_t kNamedIntervals = 4;
constexpr std::string_view kOtherwise = "blocked otherwise";

Fate fate_of(const SweptInterval& one, bool tallied) {
  const bool most_arrived = std::cmp_greater_equal(one.arrived * 2, one.to - one.from + 1);
  if (most_arrived) return Fate::lost_on_the_way_back;
  if (one.why == kAtHost) return Fate::lost_at_host;
  return !tallied || one.why == kNotTold ? Fate::not_told : Fate::lost_inwards;
}

bool is_open_at(const PortSweep& sweep, const SweptInterval& ports) {
  std::uint32_t open = 0;
  for (const SweptInterval& one : sweep.intervals) {
    if (one.state != "open" || one.to < ports.from || one.from > ports.to) continue;
    open += std::min(one.to, ports.to) - std::max(one.from, ports.from) + 1;
  }
  return open == ports.to - ports.from + 1;
}

/// What of these ports lies from `first` to `last`; what was counted is shared out evenly.
void add_part(const SweptInterval& ports, std::uint32_t first, std::uint32_t last, PortSweep& out) {
  SweptInterval part = ports;
  part.from = std::max(ports.from, first);
  part.to = std::min(ports.to, last);
  if (part.from > part.to) return;
  const double share = static_cast<double>(part.to - part.from + 1) / (ports.to - ports.from + 1);
  part.arrived = static_cast<int>(ports.arrived * share);
  part.refused = static_cast<int>(std::ceil(ports.refused * share));  // one of them says it
  out.intervals.push_back(std::move(part));
}

/// Who has IPv4 alone is not served by IPv6.
bool serves_the_same(const std::string& other, const std::string& blocked) {
  return family_of(other) == Family::ipv4 || family_of(blocked) == Family::ipv6;
}

/// Every blocked port of this sweep is open at another address that LiveKit names, too.
bool is_open_elsewhere(const PortSweep& sweep, const SweptBeside& beside) {
  const std::vector<std::string> named = media_addresses(beside);
  return std::ranges::any_of(beside.all, [&](const PortSweep& other) {
    const bool counts = other.welcomed() && other.address != sweep.address &&
                        serves_the_same(other.address, sweep.address) &&
                        std::ranges::find(named, other.address) != named.end();
    return counts && std::ranges::all_of(sweep.intervals, [&](const SweptInterval& one) {
             return (one.state != "blocked" && one.state != kRewritten) || is_open_at(other, one);
           });
  });
}

/// A session at an address that was not swept, or one that LiveKit's own packets opened: no luck of a port.
bool sessions_carry(const PortSweep& sweep, const SweptBeside& beside) {
  if (!facts::carries(beside.facts, facts::media_udp_proof)) return false;
  const auto proof = beside.facts.find(facts::media_udp_proof);
  return proof->by_punching || std::ranges::any_of(proof->answered, [&](const std::string& endpoint) {
           const auto place = parse_host_port(endpoint);
           const auto is_there = [&](const PortSweep& one) { return one.address == place->host; };
           return place && place->host != sweep.address && serves_the_same(place->host, sweep.address) &&
                  std::ranges::none_of(beside.all, is_there);
         });
}

}  // namespace

std::vector<std::string> media_addresses(const SweptBeside& beside) {
  std::vector<std::string> out;
  if (const auto named = beside.facts.find(facts::server_candidates)) {
    for (const proto::Candidate& one : named->candidates) out.push_back(one.endpoint.address);
  }
  return out.empty() ? configured_media_addresses(beside.deployment) : out;
}

Severity grade(const PortSweep& sweep, const SweptBeside& beside) {
  const bool carried = facts::carries(beside.facts, facts::media_tcp_proof) ||
                       facts::carries(beside.facts, facts::turn_udp_proof) ||
                       facts::carries(beside.facts, facts::turn_tls_proof) || sessions_carry(sweep, beside) ||
                       is_open_elsewhere(sweep, beside);
  return carried ? Severity::warning : Severity::failure;
}

Tally tally_of(const PortSweep& sweep) {
  Tally out;
  for (const SweptInterval& one : sweep.intervals) {
    const std::uint32_t ports = one.to - one.from + 1;
    (one.state == "open"       ? out.open
     : one.state == "blocked"  ? out.blocked
     : one.state == "in_use"   ? out.in_use
     : one.state == kOtherwise ? out.otherwise
     : one.state == kRewritten ? out.rewritten
                               : out.untested) += ports;
    out.arrived += one.arrived;
    out.refused += one.refused;
  }
  return out;
}

PortSweep of_fate(PortSweep sweep, Fate fate) {
  for (SweptInterval& one : sweep.intervals) {
    const bool other = one.state == "blocked" && fate_of(one, sweep.tallied) != fate;
    if (!other) continue;
    one.state = kOtherwise;
    one.arrived = one.refused = 0;
  }
  sweep.tallied = fate != Fate::not_told;
  return sweep;
}

Parts parted(const PortSweep& sweep, const std::optional<PortRange>& range) {
  if (!range) return {sweep, {}};
  Parts out{sweep, sweep};
  out.own.intervals.clear();
  out.beyond.intervals.clear();
  for (const SweptInterval& one : sweep.intervals) {
    add_part(one, range->first, range->last, out.own);
    if (range->first > 0) add_part(one, 0, range->first - 1, out.beyond);
    add_part(one, range->last + 1, std::numeric_limits<std::uint16_t>::max(), out.beyond);
  }
  return out;
}

bool any_blocked(const PortSweep& sweep, std::string_view why) {
  return std::ranges::any_of(
      sweep.intervals, [&](const SweptInterval& one) { return one.state == "blocked" && one.why == why; });
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
  return more == 0 ? out : out + " and " + counted(more, "more interval", "more intervals");
}

std::string whole_range(const PortSweep& sweep) {
  if (sweep.intervals.empty()) return {};
  const std::uint32_t first = sweep.intervals.front().from, last = sweep.intervals.back().to;
  return first == last ? fmt::format("{}", first) : fmt::format("{}-{}", first, last);
}

std::string_view where_lost(const PortSweep& sweep, const Tally& tally, bool several) {
  if (!sweep.tallied) return several ? "are not answered" : "is not answered";
  if (any_blocked(sweep, kAtHost)) {
    if (tally.refused > 0)
      return several ? "come in at the host, which refuses them" : "comes in at the host, which refuses it";
    return several ? "come in at the host, which drops them" : "comes in at the host, which drops it";
  }
  // Linux says it for six packets at once and then for one a second: one of them is enough.
  if (tally.refused > 0 && tally.arrived == 0)
    return several ? "are refused on the way in" : "is refused on the way in";
  return several ? "are dropped on the way in" : "is dropped on the way in";
}

bool is_several(const PortSweep& sweep) {
  return std::ranges::count(sweep.intervals, "blocked", &SweptInterval::state) > 1;
}

bool never_came(const PortSweep& sweep) {
  return any_blocked(sweep, kBeforeHost) && sweep.arrived_at == sweep.address;
}

std::string_view walls_of(const PortSweep& sweep) {
  if (any_blocked(sweep, kAtHost)) return "the host's own firewall (ufw, firewalld, nftables)";
  return never_came(sweep) ? "provider firewall and router" : "provider firewall, router and host firewall";
}

void add_proof(const PortSweep& sweep, const Tally& tally, Finding& finding) {
  finding.with("evidence", "two-sided")
      .with("ports_answered", tally.open)
      .with("ports_silent", tally.blocked)
      .with("rounds", sweep.rounds)
      .with("arrived_at_responder", sweep.tallied ? Json(tally.arrived) : Json())
      .with("loss_ratio", sweep.loss_ratio ? Json(*sweep.loss_ratio) : Json());
  if (any_blocked(sweep, kAtHost)) finding.with("lost", kAtHost);
  if (any_blocked(sweep, kBeforeHost)) finding.with("lost", kBeforeHost);
  if (tally.refused > 0) finding.with("icmp_errors", tally.refused);
}

std::string_view kept_words(const PortSweep& sweep) {
  return sweep.kept ? ": that host itself drops them on their way out" : "";
}

void name_way_out(const PortSweep& sweep, Finding& finding) {
  if (!sweep.kept) return;
  finding.with("lost", "on the way out of its own host")
      .change(fmt::format("Let UDP out from {} in that host's own firewall: its rules for output (nftables, "
                          "iptables OUTPUT, ufw, firewalld), or a table of connections that is full "
                          "(net.netfilter.nf_conntrack_max)",
                          whole_range(sweep)));
}

void add_origin(const Deployment& deployment, Finding& finding) {
  if (deployment.livekit && deployment.livekit->udp_origin.known())
    finding.at(deployment.livekit->udp_origin);
}

}  // namespace lkdoctor::probes::sweep
