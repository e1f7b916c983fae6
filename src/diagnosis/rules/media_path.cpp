// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {
namespace {

/// What everyone sees of an address at which LiveKit cannot be reached.
constexpr Patterns kUnreachableMedia = {
    "udp-range-*",          "ice-tcp-*",       "udp-works-only-by-*", "media-silently-on-tcp",
    "too-many-interface-*", "hairpin-missing", "turn-relay-*",        "turn-udp-private-ip"};

/// A failure of UDP means that nothing else carries media; a warning may stand beside TURN alone.
bool is_all_dead(const Finding& finding) {
  return finding.severity == Severity::failure ||
         std::ranges::any_of(finding.evidence, [](const Evidence& one) {
           return one.key == "tcp_carries_media" && one.value == false;
         });
}

std::string text_of(const Finding& finding, std::string_view key) {
  const auto found = std::ranges::find(finding.evidence, key, &Evidence::key);
  return found == finding.evidence.end() || !found->value.is_string() ? "" : found->value.get<std::string>();
}

/// The ports of these sessions alone: a sweep found others open.
bool is_of_a_part(const Cases& cases, const Case& filtered) {
  return filtered.cause && cases.all().at(*filtered.cause).finding().id == "udp-range-partially-open";
}

/// Every TURN server that does not answer is silent too, at the address whose UDP ports are.
bool is_the_same_host(const Cases& cases) {
  std::string hosts;
  for (const Case& one : cases.all()) {
    if (one.finding().id == "udp-range-filtered") hosts += one.finding().subject + ":" + "\n";
  }
  return std::ranges::all_of(cases.all(), [&](const Case& one) {
    if (one.finding().id != "turn-unreachable") return true;
    const std::string at = text_of(one.finding(), "addresses");
    if (text_of(one.finding(), "error") == "refused") return false;
    return !at.empty() && hosts.find(at.substr(0, at.rfind(':') + 1) + "\n") != std::string::npos;
  });
}

/// Who refuses was reached: that is no silence of this network.
void fold_under_this_network(Cases& cases) {
  cases.fold({"client-network-blocks-udp"}, {"udp-*", "media-silently-on-tcp", "packet-loss-high"},
             Scope::anywhere);
  const bool refused = std::ranges::any_of(cases.all(), [](const Case& one) {
    return one.finding().id == "ice-tcp-closed" &&
           text_of(one.finding(), "error").find("refused") != std::string::npos;
  });
  if (!refused) cases.fold({"client-network-blocks-udp"}, {"ice-tcp-closed"}, Scope::anywhere);
}

}  // namespace

// Signalling is fine and media is not: the address first, then the filter, then what follows from it.
Rule rule_media_path() {
  return {60, [](Cases& cases) {
            cases.merge("client-network-blocks-udp", "media");
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
            fold_under_this_network(cases);
            // UDP and TCP are dead: one filter, one diagnosis.
            const bool all_dead = std::ranges::any_of(cases.all(), [&](const Case& one) {
              return one.finding().id == "udp-range-filtered" && is_all_dead(one.finding()) &&
                     !is_of_a_part(cases, one);
            });
            if (all_dead) {
              cases.fold({"udp-range-filtered"}, {"ice-tcp-closed", "ice-tcp-stalls", "ice-tcp-backend-down"},
                         Scope::anywhere);
            }
            if (all_dead && is_the_same_host(cases)) {
              cases.fold({"udp-range-filtered"}, {"turn-unreachable"}, Scope::anywhere);
            }
            // The firewall was opened for the ports of the file. Where TCP is dead as well, something else is
            // wrong.
            const bool other_ports = std::ranges::any_of(cases.all(), [](const Case& one) {
              return one.finding().id == "running-config-differs-from-file" && one.check->group == "media";
            });
            if (!all_dead && other_ports) {
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
