// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>

namespace lkdoctor::facts {

/// Who ends LiveKit signalling for browsers. Given by signalling_topology.
enum class Topology { unknown, direct, controller_proxy, roomserver, orchestrator };
NLOHMANN_JSON_SERIALIZE_ENUM(Topology, {{Topology::unknown, "unknown"},
                                        {Topology::direct, "direct"},
                                        {Topology::controller_proxy, "controller-proxy"},
                                        {Topology::roomserver, "roomserver"},
                                        {Topology::orchestrator, "orchestrator"}})
inline constexpr Fact<Topology> signalling_topology{"signalling_topology",
                                                    "who ends LiveKit signalling for browsers"};

}  // namespace lkdoctor::facts
