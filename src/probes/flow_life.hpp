// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "probes/sweep_session.hpp"

namespace lkdoctor::probes {

/// How long what stands on the way remembers a silent UDP flow: asks `open` ports for answers after 5 s to a
/// minute, as far as there is time. Into out->flows.
awaitable<void> try_flows(Probe& probe, SweepSession* session, std::vector<std::uint16_t> open,
                          PortSweep* out);

}  // namespace lkdoctor::probes
