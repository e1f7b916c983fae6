// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {
namespace {

/// What is lost of UDP by one check, and comes for another: nothing was cut off, something is limited.
bool comes_and_goes(const Finding& finding) {
  return finding.id == "packet-loss-high" && finding.subject == "UDP";
}

}  // namespace

// Several checks use UDP, each for a moment; what they miss after that is the same cut or the same loss.
Rule rule_flow_cut() {
  return {61, [](Cases& cases) {
            const bool loss = std::ranges::any_of(
                cases.all(), [](const Case& one) { return comes_and_goes(one.finding()); });
            if (loss) {
              // A handshake that never ends is told beside the loss only where the loss is no reason for it.
              cases.fold({"dtls-never-completes"}, {"health-ok-media-dead", "media-silently-on-tcp"},
                         Scope::anywhere);
              cases.fold({"packet-loss-high"},
                         {"udp-flow-cut", "data-channel-fails", "one-way-udp", "health-ok-media-dead",
                          "media-silently-on-tcp"},
                         Scope::anywhere);
            }
            cases.merge("udp-flow-cut", "media_udp");
            cases.fold({"udp-flow-cut"},
                       {"packet-loss-high", "data-channel-fails", "one-way-udp", "health-ok-media-dead",
                        "path-mtu-blackhole", "dtls-never-completes", "media-silently-on-tcp"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
