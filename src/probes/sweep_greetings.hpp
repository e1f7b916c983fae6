// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/sweep_judge.hpp>

/// Greetings that arrived, and whose answers did not come back: all that is known of such an address.
namespace lkdoctor::probes::sweep {

/// Of LiveKit's ports, as its file or else the responder names them: those where greetings were heard.
std::vector<SweptInterval> greeted_ports(const PortSweep& sweep, const Deployment& deployment);

/// REQUIRES: it is padded, was not welcomed, and greetings were heard.
void judge_greetings(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement);

}  // namespace lkdoctor::probes::sweep
