// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>

#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

using namespace sweep;

constexpr double kMegabytesOfProxy = 1.0;  // measured: 1000 of them take 1.0 GB

bool is_forwarded(const PortSweep& sweep) {
  return !sweep.arrived_at.empty() && sweep.arrived_at != sweep.address;
}

/// Answers of a client's peer have to come from where it sent to.
bool judge_elsewhere(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                     Judgement& judgement) {
  if (sweep.answered_elsewhere == 0 || tally.arrived == 0 ||
      std::cmp_less(sweep.answered_elsewhere * 2, tally.blocked))
    return false;
  Finding& finding = judgement.raise(findings::udp_answers_from_elsewhere, sweep.address);
  finding.graded(grade(sweep, beside))
      .saying(fmt::format("UDP {} at {} {} answered from another address ({}), which clients drop",
                          words_for(sweep.intervals, "blocked"), sweep.address,
                          is_several(sweep) ? "are" : "is", sweep.elsewhere_example))
      .with("answered_from", sweep.elsewhere_example)
      .with("ports", sweep.answered_elsewhere);
  add_proof(sweep, tally, finding);
  return true;
}

/// Nothing comes in by itself, and LiveKit's own packets open the way for the answers to them.
bool judge_outbound_only(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                         Judgement& judgement) {
  const auto proof = beside.facts.find(facts::media_udp_proof);
  if (!proof || !proof->connected || !proof->by_punching ||
      tally.open + tally.otherwise + tally.rewritten > 0 || tally.arrived > 0)
    return false;
  Finding& finding = judgement.raise(findings::udp_works_only_by_hole_punching, sweep.address);
  finding
      .saying(
          fmt::format("UDP at {} is open outwards alone: {} {}, and sessions connect only because LiveKit "
                      "sends first",
                      sweep.address, whole_range(sweep), where_lost(sweep, tally)))
      .change(
          fmt::format("Open UDP {} inbound to {} in {}", whole_range(sweep), sweep.address, walls_of(sweep)));
  add_proof(sweep, tally, finding);
  add_origin(beside.deployment, finding);
  return true;
}

/// The one interval that is open, if what is closed lies at its ends alone.
const SweptInterval* open_middle(const PortSweep& sweep) {
  const auto is_open = [](const SweptInterval& one) { return one.state == "open"; };
  const auto& all = sweep.intervals;
  const auto open = std::ranges::find_if(all, is_open);
  const bool others_are_blocked = std::ranges::all_of(
      all, [&](const SweptInterval& one) { return is_open(one) || one.state == "blocked"; });
  if (open == all.end() || !others_are_blocked || std::ranges::count_if(all, is_open) != 1) return nullptr;
  return all.size() > 1 ? &*open : nullptr;
}

/// "ends at 22999", "begins at 20100", "is 20100-22999".
std::string bounds_of(const SweptInterval& open, const PortSweep& sweep) {
  const bool late = open.from > sweep.intervals.front().from, early = open.to < sweep.intervals.back().to;
  if (late && early) return fmt::format("is {}-{}", open.from, open.to);
  return late ? fmt::format("begins at {}", open.from) : fmt::format("ends at {}", open.to);
}

std::string source_of(const PortSweep& sweep) {
  return sweep.seen_from.substr(0, sweep.seen_from.rfind(':'));
}

/// Docker's own proxy stands between: it has the sender's address there, and that is not ours.
bool sees_a_bridge(const PortSweep& sweep) {
  return is_in_docker_pool(source_of(sweep)) && source_of(sweep) != sweep.own_address;
}

/// Addresses of Docker's pool are those of real networks, too: a cloud's default network is 172.31.0.0/16.
/// What few others take is the network that Docker starts with.
bool looks_like_container(const PortSweep& sweep) {
  return is_forwarded(sweep) && is_in_docker_pool(sweep.arrived_at) &&
         (sweep.arrived_at.starts_with("172.17.") || sees_a_bridge(sweep));
}

/// A container's host lets in what is published alone.
bool judge_container(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                     Judgement& judgement) {
  if (!looks_like_container(sweep) || tally.arrived > 0) return false;
  const std::string wanted = whole_range(sweep);
  Finding& finding = judgement.raise(findings::docker_udp_not_published, sweep.address);
  finding.graded(grade(sweep, beside))
      .sure(Confidence::likely)
      .saying(fmt::format("UDP {} at {} does not reach LiveKit's container at {}: {}",
                          words_for(sweep.intervals, "blocked"), sweep.address, sweep.arrived_at,
                          tally.open == 0 ? "none of the range is published"
                                          : "what is published is " + words_for(sweep.intervals, "open")))
      .change(fmt::format("Run LiveKit with network_mode: host, or publish the whole range: \"{}:{}/udp\"",
                          wanted, wanted));
  add_proof(sweep, tally, finding);
  finding.with("arrived_at", sweep.arrived_at);
  add_origin(beside.deployment, finding);
  return true;
}

/// Behind an address translation, what is missing at an end of the range was not forwarded. A firewall whose
/// rule has the same bounds looks alike, be it before an address that a provider maps as a whole.
bool judge_forward(const PortSweep& sweep, const Tally& tally, const SweptBeside& beside,
                   Judgement& judgement) {
  const SweptInterval* open = open_middle(sweep);
  if (open == nullptr || !is_forwarded(sweep) || tally.arrived > 0) return false;
  const std::string bounds = bounds_of(*open, sweep);
  Finding& finding = judgement.raise(findings::udp_forward_too_short, sweep.address);
  finding.graded(grade(sweep, beside))
      .sure(Confidence::likely)
      .saying(fmt::format("What passes from {} on to {} {}: UDP {} {}", sweep.address, sweep.arrived_at,
                          bounds, words_for(sweep.intervals, "blocked"),
                          where_lost(sweep, tally, is_several(sweep))))
      .change(fmt::format("Let UDP {} at {} through to {}, ports unchanged: in the port forward or, where a "
                          "provider maps the whole address, in its firewall, and in firewalls behind it",
                          whole_range(sweep), sweep.address, sweep.arrived_at));
  add_proof(sweep, tally, finding);
  finding.with("arrived_at", sweep.arrived_at).with("forward", bounds);
  add_origin(beside.deployment, finding);
  return true;
}

}  // namespace

bool judge_place(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement) {
  const Tally tally = tally_of(sweep);
  if (tally.blocked == 0) return false;
  if (judge_elsewhere(sweep, tally, beside, judgement) ||
      judge_outbound_only(sweep, tally, beside, judgement))
    return true;
  if (any_blocked(sweep, kAtHost)) return false;  // it was forwarded, and published
  return judge_container(sweep, tally, beside, judgement) || judge_forward(sweep, tally, beside, judgement);
}

void judge_proxy(const PortSweep& sweep, Judgement& judgement) {
  const std::string source = source_of(sweep);
  const bool in_between = is_forwarded(sweep) && sees_a_bridge(sweep) && is_in_docker_pool(sweep.arrived_at);
  const Tally tally = tally_of(sweep);
  if (!in_between || tally.open == 0) return;
  judgement.raise(findings::docker_udp_range_published, sweep.address)
      .sure(Confidence::likely)
      .saying(
          fmt::format("UDP to LiveKit's container goes through docker-proxy: it sees everybody as {}, and "
                      "{} published ports are as many processes, some {:.0f} MB",
                      source, tally.open, tally.open * kMegabytesOfProxy))
      .with("seen_from", source)
      .with("arrived_at", sweep.arrived_at)
      .with("ports", tally.open);
}

}  // namespace lkdoctor::probes
