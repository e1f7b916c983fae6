// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::probes {

/// Allocates at one address, then has a session in a room of its own whose media goes through it alone; where
/// no TURN answer came, asks what is there instead. `into` outlives the call.
awaitable<void> look_through(Probe& probe, RelayTry* into, RelayPlan plan);

}  // namespace lkdoctor::probes
