// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// LiveKit went away while it was being looked at: what fails from then on is the consequence.
Rule rule_lost_during_run() {
  return {24, [](Cases& cases) {
            cases.fold({"livekit-lost-during-run"},
                       {"udp-*", "ice-tcp-*", "one-way-udp", "media-silently-on-tcp", "dtls-never-completes",
                        "health-ok-media-dead", "data-channel-fails", "packet-loss-high",
                        "path-mtu-blackhole", "udp-flow-cut", "wrong-wan-ip", "hairpin-missing", "turn-*",
                        "endpoint-*", "proxy-backend-down", "service-url-unreachable", "session-start-stalls",
                        "join-refused", "banned-during-run"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
