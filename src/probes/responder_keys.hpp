// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <vector>

#include "probes/sweep_session.hpp"

namespace lkdoctor::probes {

/// The keys that a responder may know, in the order in which they are tried. What was given by hand is meant;
/// a key that it gave for the code stands for that code.
std::vector<SweepKey> responder_keys(const Deployment& deployment);

}  // namespace lkdoctor::probes
