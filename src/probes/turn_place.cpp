// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "probes/turn_judge.hpp"

namespace lkdoctor::probes {

Origin place_in_configuration(const TurnScene& scene, const RelayTry& one) {
  if (!scene.deployment.livekit) return {};
  const LiveKitSettings& livekit = *scene.deployment.livekit;
  const auto named = std::ranges::find_if(livekit.turn_servers, [&](const LiveKitTurnServer& server) {
    return server.host == one.parsed.host && server.port == one.parsed.port;
  });
  if (named != livekit.turn_servers.end()) return named->origin;
  return livekit.turn.enabled && scene.is_embedded(one) ? livekit.turn_origin : Origin{};
}

}  // namespace lkdoctor::probes
