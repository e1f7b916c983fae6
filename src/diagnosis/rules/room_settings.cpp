// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

namespace {

// LiveKit with no port left on its public address names one of another address as if it were there: nobody
// listens on it. A firewall is silent.
bool nobody_listens(const Case& one) {
  return one.finding().id == "udp-range-filtered" &&
         std::ranges::any_of(one.finding().evidence,
                             [](const Evidence& proof) { return proof.key == "icmp_port_unreachable"; });
}

/// What UDP has carried in this run no firewall drops.
bool udp_has_carried(const Cases& cases) {
  const CheckResult* loop = cases.check("media_loop");
  return loop != nullptr && loop->facts.value("delivered", false) &&
         loop->facts.value("transport", "") == "udp";
}

}  // namespace

// What LiveKit's own settings do not allow is no fault of the network.
Rule rule_room_settings() {
  return {
      26, [](Cases& cases) {
        cases.merge("opus-not-enabled", "config");
        cases.fold({"opus-not-enabled"}, {"one-way-udp", "packet-loss-high", "health-ok-media-dead"},
                   Scope::anywhere);
        cases.fold({"max-participants-too-low"}, {"join-refused", "health-ok-media-dead"}, Scope::anywhere);
        cases.fold({"udp-port-exhaustion"},
                   {"udp-not-offered", "udp-range-partially-open", "media-silently-on-tcp"}, Scope::anywhere);
        if (udp_has_carried(cases) || std::ranges::any_of(cases.all(), nobody_listens))
          cases.fold({"udp-port-exhaustion"}, {"udp-range-filtered"}, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
