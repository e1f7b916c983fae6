// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/turn_check.hpp>

namespace lkdoctor::checks {

std::unique_ptr<Check> make_turn_udp() {
  return std::make_unique<probes::TurnCheck>("turn_udp", "TURN servers relay to LiveKit over UDP",
                                             probes::RelayKind::udp);
}

}  // namespace lkdoctor::checks
