// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/probes/join.hpp>

namespace lkdoctor::probes {

/// After WebSockets have failed: the same by WHIP, where HTTP gets through to LiveKit. Publishes
/// join_response if it lets us in.
awaitable<void> join_by_whip(Probe& probe, JoinObservation* into);

}  // namespace lkdoctor::probes
