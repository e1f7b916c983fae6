// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A relay meets LiveKit at the addresses and ports that everybody meets it at.
Rule rule_turn() {
  return {64, [](Cases& cases) {
            cases.fold({"udp-range-filtered", "private-ip-advertised", "docker-bridge-ip-advertised",
                        "loopback-node-ip", "stale-external-ip", "wrong-wan-ip", "server-behind-cgnat"},
                       {"turn-relay-cannot-reach-sfu", "turn-relay-peer-forbidden", "turn-udp-private-ip"},
                       Scope::anywhere);
            cases.fold({"turn-start-config-error"}, {"turn-*"}, Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
