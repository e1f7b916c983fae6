// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// What a recorder sees of a firewall is its own problem; an address that nobody reaches, or a session that
// ends after ICE, stays the cause.
Rule rule_recorder() {
  return {59, [](Cases& cases) {
            cases.fold({"private-ip-advertised", "docker-bridge-ip-advertised", "loopback-node-ip",
                        "server-behind-cgnat", "wrong-wan-ip", "stale-external-ip", "node-ip-unusable",
                        "hairpin-missing", "client-network-blocks-udp", "dtls-never-completes",
                        "path-mtu-blackhole", "udp-flow-cut"},
                       {"recorder-cannot-reach-media"}, Scope::anywhere);
            cases.fold({"recorder-cannot-reach-media"},
                       {"udp-range-*", "udp-not-offered", "ice-tcp-*", "turn-unreachable", "turn-relay-*"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
