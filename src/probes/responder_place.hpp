// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::probes {

/// Where the responder is looked for: --resolve pins win over the name service. Empty: its name has none.
/// REQUIRES: `deployment` lives as long.
awaitable<std::vector<std::string>> addresses_of_responder(const Deployment* deployment, HostPort place,
                                                           Deadline deadline);

}  // namespace lkdoctor::probes
