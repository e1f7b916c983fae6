// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// What LiveKit's own settings do not allow is no fault of the network.
Rule rule_room_settings() {
  return {
      26, [](Cases& cases) {
        cases.merge("opus-not-enabled", "config");
        cases.fold({"opus-not-enabled"}, {"one-way-udp", "packet-loss-high", "health-ok-media-dead"},
                   Scope::anywhere);
        cases.fold({"max-participants-too-low"}, {"join-refused", "health-ok-media-dead"}, Scope::anywhere);
        cases.fold({"udp-port-exhaustion"}, {"udp-not-offered", "media-silently-on-tcp"}, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
