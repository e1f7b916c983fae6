// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {
namespace {

/// What everyone sees of an address at which LiveKit cannot be reached.
constexpr Patterns kUnreachableMedia = {
    "udp-range-*",          "ice-tcp-*",       "udp-works-only-by-*", "media-silently-on-tcp",
    "too-many-interface-*", "hairpin-missing", "turn-relay-*",        "turn-udp-private-ip"};

}  // namespace

// Signalling is fine and media is not: the address first, then the filter, then what follows from it.
Rule rule_media_path() {
  return {60, [](Cases& cases) {
            for (const std::string_view id :
                 {"private-ip-advertised", "docker-bridge-ip-advertised", "loopback-node-ip",
                  "server-behind-cgnat", "wrong-wan-ip", "stale-external-ip"}) {
              cases.merge(id, "media");
            }
            cases.fold({"node-ip-unusable"}, {"private-ip-advertised", "wrong-wan-ip"}, Scope::anywhere);
            cases.fold({"wrong-wan-ip", "stale-external-ip", "node-ip-overridden-by-external-ip",
                        "node-ip-unusable", "docker-bridge-ip-advertised", "loopback-node-ip",
                        "server-behind-cgnat", "private-ip-advertised"},
                       kUnreachableMedia, Scope::anywhere);
            cases.fold({"node-ip-overridden-by-external-ip"}, {"wrong-wan-ip", "private-ip-advertised"},
                       Scope::anywhere);
            cases.fold({"client-network-blocks-udp"}, {"udp-*", "media-silently-on-tcp", "packet-loss-high"},
                       Scope::anywhere);
            // A failure of UDP means that TCP carries nothing either: one filter, one diagnosis.
            const bool all_dead = std::ranges::any_of(cases.all(), [](const Case& one) {
              return one.finding().id == "udp-range-filtered" && one.finding().severity == Severity::failure;
            });
            if (all_dead) {
              cases.fold({"udp-range-filtered"}, {"ice-tcp-closed", "ice-tcp-stalls", "ice-tcp-backend-down"},
                         Scope::anywhere);
            }
            // The firewall was opened for the ports of the file. Where TCP is dead as well, something else is
            // wrong.
            if (!all_dead) {
              cases.fold({"running-config-differs-from-file"},
                         {"udp-range-*", "udp-works-only-by-*", "media-silently-on-tcp"}, Scope::anywhere);
            }
            cases.fold({"hairpin-missing"}, {"ice-tcp-closed", "ice-tcp-stalls"}, Scope::anywhere);
            // Two checks of one port: what answers there, and that a session finds nobody.
            cases.fold({"ice-tcp-backend-down", "ice-tcp-behind-proxy"}, {"ice-tcp-stalls"}, Scope::anywhere);
            cases.fold({"udp-range-filtered", "udp-range-partially-open", "one-way-udp", "udp-not-offered",
                        "hairpin-missing", "path-mtu-blackhole", "dtls-never-completes"},
                       {"media-silently-on-tcp", "udp-works-only-by-hole-punching"}, Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
