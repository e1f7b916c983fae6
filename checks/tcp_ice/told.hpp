// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/carrier.hpp>

/// Ports that a responder tells of: it knows who has them, so that silence is the way's and nobody else's.
namespace lkdoctor::checks::tcp_ice {

/// nullptr: it tells of no such port.
const CarriedPort* told_port(const Deployment& deployment, std::uint16_t port);
/// The responder itself has the port: LiveKit has not.
bool is_free_there(const Deployment& deployment, std::uint16_t port);

/// REQUIRES: `into` outlives it.
awaitable<void> try_told_ports(Probe& probe, std::vector<probes::TcpTrial>* into);
Json told_facts(const std::vector<probes::TcpTrial>& trials);

/// Ports that did not answer although somebody listens there. That of ICE/TCP is judged by its own answers.
void judge_told(const std::vector<probes::TcpTrial>& trials, std::uint16_t ice_port,
                const Deployment& deployment, Judgement& judgement);
/// The way is open, and LiveKit is not at its end. REQUIRES: the responder tells of `port`.
void judge_free(std::uint16_t port, const std::vector<probes::TcpTrial>& trials, const Deployment& deployment,
                Judgement& judgement);

}  // namespace lkdoctor::checks::tcp_ice
