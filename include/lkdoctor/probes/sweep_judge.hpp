// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/port_sweep.hpp>

namespace lkdoctor::probes {

/// The contract's `intervals`: of several addresses the worst, and where it is.
Json intervals_of(const std::vector<PortSweep>& sweeps);

/// In order, with what is missing of the configured range as untested.
std::vector<PortSweep> padded(std::vector<PortSweep> sweeps, const Deployment& deployment);

/// Which sizes of payload went in, and came back: bytes, arrived, answered.
Json sizes_of(const PortSweep& sweep);

/// For how long what stands on the way remembers a silent flow, in seconds; null: not seen.
struct FlowLife {
  std::optional<int> at_least, gone_by;
};
FlowLife flow_life(const PortSweep& sweep);
/// `at_least`, `gone_by`; null: not tried.
Json flow_seconds_of(const PortSweep& sweep);

/// All that udp_range raises.
inline constexpr const FindingDef* kFindingsOfRange[] = {&findings::udp_range_filtered,
                                                         &findings::udp_range_partially_open,
                                                         &findings::udp_answers_dropped,
                                                         &findings::udp_answers_from_elsewhere,
                                                         &findings::udp_ports_rewritten,
                                                         &findings::udp_rate_limited,
                                                         &findings::udp_flows_limited,
                                                         &findings::path_mtu_blackhole,
                                                         &findings::udp_forward_too_short,
                                                         &findings::docker_udp_not_published,
                                                         &findings::docker_udp_range_published,
                                                         &findings::udp_flow_forgotten,
                                                         &findings::udp_works_only_by_hole_punching,
                                                         &findings::responder_unreachable,
                                                         &findings::responder_elsewhere,
                                                         &findings::media_range_overlaps_ephemeral};

/// Ports that were not tested are no evidence: the check is not green then.
void say_untold(const std::vector<PortSweep>& sweeps, const Facts& facts, Judgement& judgement);

/// What is known beside one sweep: those of the host's other addresses, and what sessions have shown.
struct SweptBeside {
  const std::vector<PortSweep>& all;
  const Facts& facts;
  const Deployment& deployment;
};

/// What a sweep proves of one address. REQUIRES: it was told, and is padded.
void judge_sweep(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement);

/// Why no greeting was answered anywhere, as far as the control connection knows: a clause.
std::string why_unanswered(const Deployment& deployment);
/// The responder says that its host has this address.
bool has_address(const Deployment& deployment, const std::string& address);
/// Of an address at which no greeting was answered, though at another one it was. Where LiveKit sends its
/// clients there, an open one excuses nothing.
void judge_unanswered(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement);

/// Why these sweeps are not of LiveKit's own ports: raises responder-elsewhere; nullopt: nothing says so.
std::optional<std::string> why_elsewhere(const std::vector<PortSweep>& sweeps, const Facts& facts,
                                         const Deployment& deployment, Judgement& judgement);

}  // namespace lkdoctor::probes
