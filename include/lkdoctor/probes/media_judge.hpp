// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/media_survey.hpp>

namespace lkdoctor::probes {

/// Judges what was seen over UDP: candidates as a set for the audience, ports, transports graded apart.
void judge_media_udp(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement);
void judge_media_tcp(const MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
                     Judgement& judgement);

/// Everything that these can raise.
inline constexpr const FindingDef* kMediaUdpFindings[] = {&findings::udp_range_filtered,
                                                          &findings::udp_range_partially_open,
                                                          &findings::running_config_differs_from_file,
                                                          &findings::udp_works_only_by_hole_punching,
                                                          &findings::udp_not_offered,
                                                          &findings::too_many_interface_candidates,
                                                          &findings::one_way_udp,
                                                          &findings::dtls_never_completes,
                                                          &findings::ice_lite_behind_nat,
                                                          &findings::private_ip_advertised,
                                                          &findings::docker_bridge_ip_advertised,
                                                          &findings::loopback_node_ip,
                                                          &findings::server_behind_cgnat,
                                                          &findings::wrong_wan_ip,
                                                          &findings::stale_external_ip,
                                                          &findings::hairpin_missing,
                                                          &findings::packet_loss_high,
                                                          &findings::udp_flow_cut,
                                                          &findings::client_network_blocks_udp,
                                                          &findings::livekit_lost_during_run,
                                                          &findings::nodes_inconsistent};
inline constexpr const FindingDef* kMediaTcpFindings[] = {&findings::ice_tcp_closed,
                                                          &findings::ice_tcp_stalls,
                                                          &findings::ice_tcp_not_configured,
                                                          &findings::media_silently_on_tcp,
                                                          &findings::dtls_never_completes,
                                                          &findings::private_ip_advertised,
                                                          &findings::docker_bridge_ip_advertised,
                                                          &findings::loopback_node_ip,
                                                          &findings::server_behind_cgnat};

}  // namespace lkdoctor::probes
