// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/media_scene.hpp"

/// The parts of the judge of media_udp.
namespace lkdoctor::probes::media {

/// What the firewall has to let in, with the commands for it.
void say_what_to_open(const Scene& scene, const std::string& address, bool tcp_too, Finding& finding);
void add_port_evidence(const Scene& scene, const AddressView& view, Finding& finding);
/// How much of the range was seen, as facts.
void state_coverage(const Scene& scene, Judgement& judgement);
/// LiveKit names ports that the configuration does not hold: it runs with another one.
void judge_outside_range(const Scene& scene, Judgement& judgement);
void judge_partial(const Scene& scene, Judgement& judgement);
/// No port of the address answered, or it cannot be told.
void judge_filtered(const Scene& scene, const std::string& address, Judgement& judgement);

/// Small packets are lost, or a flow was cut off. True: nothing else needs to be wrong for media to fail.
bool judge_loss(const Scene& scene, Judgement& judgement);

/// This run's own network lets no UDP out, so that silence says nothing of LiveKit. True: said so.
bool judge_own_network(const Scene& scene, Judgement& judgement);
/// Under "not tested", where LiveKit's silence may be this network's doing, and how to find out.
void say_own_network_was_not_asked(const Scene& scene, Judgement& judgement);
/// Words for ports that are silent over UDP and TCP while TURN carries: nothing tells whose firewall it is.
void judge_either_firewall(const Scene& scene, const std::string& address, Finding& finding);

/// LiveKit only answers, from behind a translation.
void judge_ice_lite(const Scene& scene, Judgement& judgement);

/// Candidates of a session that connected, which lead nowhere.
void judge_dead(const Scene& scene, Judgement& judgement);
/// Media flows, but with an address that LiveKit does not name. True: it was raised.
bool judge_other_source(const Scene& scene, const std::string& where, Judgement& judgement);
/// LiveKit answers elsewhere, so the address it names is the fault. True: it was raised.
bool judge_wrong_address(const Scene& scene, const std::string& address, Judgement& judgement);
/// LiveKit learns its address at the start alone, and this host's is another by now. True: it was raised.
bool judge_stale(const Scene& scene, const std::string& address, Judgement& judgement);
/// We and LiveKit are behind the same router: its public address is also ours.
bool is_our_own_router(const Scene& scene, const std::string& address);
void raise_hairpin(const Scene& scene, const std::string& address, Judgement& judgement);

}  // namespace lkdoctor::probes::media
