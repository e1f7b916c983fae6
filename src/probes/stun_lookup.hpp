// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/address.hpp>
#include <lkdoctor/check.hpp>
#include <string>
#include <vector>

namespace lkdoctor::probes {

/// The STUN servers that a session names and that may be asked, at an address of each family. Names that have
/// none within 1.5 s are left out.
awaitable<std::vector<Endpoint>> look_up_stun(const Deployment* deployment,
                                              std::vector<std::string> ice_urls);

}  // namespace lkdoctor::probes
