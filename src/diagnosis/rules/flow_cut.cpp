// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// Several checks use UDP, each for a moment; what they miss after that is the same cut.
Rule rule_flow_cut() {
  return {61, [](Cases& cases) {
            cases.merge("udp-flow-cut", "media_udp");
            cases.fold({"udp-flow-cut"},
                       {"packet-loss-high", "data-channel-fails", "one-way-udp", "health-ok-media-dead",
                        "path-mtu-blackhole", "dtls-never-completes", "media-silently-on-tcp"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
