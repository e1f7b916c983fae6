// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/port_sweep.hpp>

namespace lkdoctor::probes {

/// The contract's `intervals`.
Json intervals_of(const PortSweep& sweep);

/// What a sweep that was welcomed proves of one address. Raises udp-range-filtered,
/// udp-range-partially-open, udp-answers-dropped, udp-ports-rewritten, udp-rate-limited, path-mtu-blackhole.
/// A failure where nothing else carries media.
void judge_sweep(const PortSweep& sweep, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement);

}  // namespace lkdoctor::probes
