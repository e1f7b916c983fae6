// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

namespace {

// LiveKit with no port left on its public address names one of another address as if it were there: nobody
// listens on it. A firewall is silent.
bool nobody_listens(const Finding& filtered) {
  return std::ranges::any_of(filtered.evidence,
                             [](const Evidence& proof) { return proof.key == "icmp_port_unreachable"; });
}

/// What UDP has carried in this run no firewall drops.
bool has_carried(const Cases& cases, const std::string& address) {
  const CheckResult* loop = cases.check("media_loop");
  if (loop == nullptr || !loop->facts.value("delivered", false)) return false;
  if (loop->facts.value("transport", "") != "udp" || !loop->facts.contains("candidates")) return false;
  return std::ranges::any_of(loop->facts.at("candidates"), [&](const OrderedJson& one) {
    return one.at("answered") == true && one.at("address") == address;
  });
}

/// No address is silent for another reason than that LiveKit has no port left there.
bool is_used_up(const Cases& cases) {
  return std::ranges::all_of(cases.all(), [&](const Case& one) {
    const Finding& finding = one.finding();
    return finding.id != "udp-range-filtered" || nobody_listens(finding) ||
           has_carried(cases, finding.subject);
  });
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
                   {"udp-not-offered", "udp-range-partially-open", "udp-works-only-by-hole-punching",
                    "media-silently-on-tcp"},
                   Scope::anywhere);
        if (is_used_up(cases)) cases.fold({"udp-port-exhaustion"}, {"udp-range-filtered"}, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
