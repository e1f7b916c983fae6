// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/turn_check.hpp>

namespace lkdoctor::checks {

std::unique_ptr<Check> make_turn_tls() {
  return std::make_unique<probes::TurnCheck>("turn_tls", "TURN servers relay to LiveKit over TLS and TCP",
                                             probes::RelayKind::tls);
}

}  // namespace lkdoctor::checks
