// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <vector>

#include "probes/sweep_session.hpp"

namespace lkdoctor::probes {

/// The keys that a responder may know, in the order in which they are tried: that of the code, or the one
/// that was given for it; that of the key file, else those of LiveKit's key pairs.
std::vector<SweepKey> responder_keys(const Deployment& deployment);

}  // namespace lkdoctor::probes
