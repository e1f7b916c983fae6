// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A test call in which nobody is heard has its cause in what the checks of each transport have seen.
Rule rule_media_loop() {
  return {62, [](Cases& cases) {
            cases.fold({"wrong-wan-ip", "stale-external-ip", "node-ip-overridden-by-external-ip",
                        "docker-bridge-ip-advertised", "loopback-node-ip", "server-behind-cgnat",
                        "private-ip-advertised", "client-network-blocks-udp", "udp-range-filtered",
                        "udp-range-partially-open", "udp-not-offered", "hairpin-missing",
                        "dtls-never-completes", "path-mtu-blackhole", "one-way-udp", "ice-tcp-closed"},
                       {"health-ok-media-dead"}, Scope::anywhere);
            // Several checks measure the same path.
            cases.fold({"path-mtu-blackhole"}, {"packet-loss-high", "data-channel-fails"}, Scope::anywhere);
            cases.fold({"one-way-udp"}, {"packet-loss-high", "data-channel-fails"}, Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
