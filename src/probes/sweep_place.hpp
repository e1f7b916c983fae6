// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/sweep_judge.hpp>

/// What stands between us and the responder, as the addresses of a sweep show it.
namespace lkdoctor::probes {

/// True: the blocked ports of this sweep have a cause that is nearer to the root than "blocked".
bool judge_place(const PortSweep& sweep, const SweptBeside& beside, Judgement& judgement);

/// A container's port is reached through Docker's own proxy, a process for each port.
void judge_proxy(const PortSweep& sweep, Judgement& judgement);

}  // namespace lkdoctor::probes
