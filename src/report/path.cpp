// SPDX-License-Identifier: EUPL-1.2
#include "report/path.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <span>

#include "report/range.hpp"

namespace lkdoctor::report {
namespace {

/// What the checks that `belongs` picks say together: one failure breaks the leg, one success proves it.
template <class Belongs>
Leg leg(const Report& report, Belongs belongs) {
  bool proven = false;
  for (const CheckResult& check : report.checks) {
    if (!belongs(check)) continue;
    if (check.outcome == Outcome::fail) return Leg::broken;
    proven |= check.outcome == Outcome::pass || check.outcome == Outcome::warn;
  }
  return proven ? Leg::ok : Leg::unknown;
}

bool at_service_url(const CheckResult& check) {
  return check.id.find("service") != std::string::npos;
}

auto in_groups(std::initializer_list<std::string_view> groups) {
  return [names = std::vector<std::string_view>(groups)](const CheckResult& check) {
    return !at_service_url(check) && std::ranges::find(names, check.group) != names.end();
  };
}

const CheckResult* find_check(const Report& report, std::string_view id) {
  const auto found = std::ranges::find(report.checks, id, &CheckResult::id);
  return found == report.checks.end() ? nullptr : &*found;
}

std::string fact_text(const Report& report, std::string_view check, const char* key) {
  const CheckResult* result = find_check(report, check);
  if (result == nullptr || !result->facts.contains(key) || !result->facts.at(key).is_string()) return {};
  return result->facts.at(key).get<std::string>();
}

/// Only names that we know ourselves are printed: the header is the peer's text.
std::string proxy_name(const Report& report) {
  const std::string topology = fact_text(report, "signalling_topology", "topology");
  if (topology == "controller-proxy") return "OpenTalk controller";
  if (topology == "roomserver") return "OpenTalk roomserver";
  if (topology == "orchestrator") return "OpenTalk orchestrator";
  const std::string server = to_lower_ascii(fact_text(report, "http_public", "server"));
  for (const std::string_view known :
       {"nginx", "haproxy", "caddy", "apache", "traefik", "envoy", "cloudflare"}) {
    if (server.find(known) != std::string::npos) return std::string(known);
  }
  return "proxy";
}

bool says(const CheckResult& check, const char* fact) {
  return check.facts.contains(fact) && check.facts.at(fact) == true;
}

std::string setting(const Report& report, std::string_view key) {
  const auto found = std::ranges::find(report.settings, key, &Setting::key);
  return found == report.settings.end() ? "" : found->value;
}

std::string door(const Report& report) {
  const auto url = parse_url(setting(report, "livekit.public_url"));
  if (!url) return "URL";
  return std::to_string(url->port) + (url->tls() ? " TLS" : "");
}

bool raised(const CheckResult& check, std::string_view pattern) {
  return std::ranges::any_of(check.findings, [&](const ReportedFinding& one) {
    return one.finding.severity != Severity::info && matches_glob(pattern, one.finding.id);
  });
}

/// What a session carries at first and loses then: the worst that any check of media found.
Leg worst_of(const Report& report, std::span<const std::string_view> flaws) {
  Leg worst = Leg::ok;
  for (const CheckResult& check : report.checks) {
    if (check.group != "media") continue;
    for (const ReportedFinding& one : check.findings) {
      const bool counts =
          std::ranges::find(flaws, one.finding.id) != flaws.end() && one.finding.subject != "TCP";
      if (counts && one.finding.severity == Severity::failure) return Leg::broken;
      if (counts && one.finding.severity == Severity::warning) worst = Leg::worse;
    }
  }
  return worst;
}

constexpr std::string_view kFlawsOfUdp[] = {"udp-flow-cut", "packet-loss-high", "udp-range-partially-open"};

/// A transport: a session that was carried proves it, unless LiveKit's own packets had to open the way, or
/// packets get lost later; one that was not carried never makes it good.
Leg media_leg(const Report& report, std::string_view session, std::initializer_list<std::string_view> checks,
              std::string_view closed, std::span<const std::string_view> flaws) {
  const CheckResult* measured = find_check(report, session);
  const Json connected = measured != nullptr && measured->facts.contains("connected")
                             ? Json(measured->facts.at("connected"))
                             : Json();
  const Leg later = worst_of(report, flaws);
  if (later == Leg::broken || (later == Leg::worse && connected == false)) return Leg::broken;
  if (connected == true) return says(*measured, "hole_punching_needed") ? Leg::worse : later;
  const auto belongs = [&](const CheckResult& check) {
    return std::ranges::find(checks, check.id) != checks.end();
  };
  for (const CheckResult& check : report.checks) {
    if (belongs(check) && raised(check, closed)) return Leg::broken;
  }
  const Leg own = leg(report, belongs);
  return connected == false && own == Leg::ok ? Leg::unknown : own;
}

/// A responder that told of each port found some that nothing reaches: clients that are given these fail.
bool is_blocked_in_part(const Report& report) {
  return std::ranges::any_of(range_of(report),
                             [](const RangeInterval& one) { return one.state == "blocked"; });
}

/// A relay: shown where a session was tried through it.
std::optional<Leg> relay_leg(const Report& report, std::string_view check) {
  const CheckResult* result = find_check(report, check);
  if (result == nullptr || !result->facts.contains("connected")) return std::nullopt;
  const Json connected = result->facts.at("connected");
  if (connected == true) return Leg::ok;
  if (connected != false) return std::nullopt;
  return result->outcome == Outcome::unknown ? Leg::unknown : Leg::broken;
}

/// Where there is no TLS to look at, only the check of HTTP says that no connection came about.
bool nobody_at_door(const Report& report) {
  const CheckResult* http = find_check(report, "http_public");
  return http != nullptr && raised(*http, "endpoint-unreachable");
}

/// A name that resolves is no connection: something must have been heard at the door.
Leg door_leg(const Report& report) {
  if (nobody_at_door(report)) return Leg::broken;
  const Leg own = leg(report, in_groups({"names", "tls"}));
  if (own != Leg::ok || leg(report, in_groups({"tls"})) == Leg::ok) return own;
  return leg(report, in_groups({"http", "signalling", "api", "media"})) == Leg::unknown ? Leg::unknown : own;
}

/// A leg behind a broken one was not proven by anything, whatever its own checks say.
Leg behind(Leg before, Leg own) {
  return before == Leg::broken && own != Leg::broken ? Leg::unknown : own;
}

}  // namespace

std::string_view word_of(Leg leg) {
  constexpr std::array<std::string_view, 5> kWords{"ok", "broken", "not known", "switched off",
                                                   "works, but worse"};
  return kWords.at(static_cast<std::size_t>(leg));
}

std::optional<Path> path_of(const Report& report) {
  if (is_files_only(report) || setting(report, "livekit.public_url").empty()) return std::nullopt;
  Path path;
  path.door = door(report);
  path.proxy = proxy_name(report);
  path.to_door = door_leg(report);
  path.to_proxy = behind(path.to_door, leg(report, in_groups({"http", "proxy"})));
  path.to_livekit = behind(path.to_proxy == Leg::broken ? path.to_proxy : path.to_door,
                           leg(report, in_groups({"signalling"})));
  Leg udp = media_leg(report, "media_udp", {"media_udp", "udp_range"}, "udp-range-filtered", kFlawsOfUdp);
  if (udp == Leg::ok && is_blocked_in_part(report)) udp = Leg::worse;
  const std::string range = setting(report, "server.rtc.udp");
  path.media.push_back({udp, range.empty() ? "UDP" : "UDP " + range});
  std::string tcp_port = setting(report, "server.rtc.tcp_port");
  if (tcp_port.empty()) tcp_port = "7881";
  if (tcp_port == "0") {
    path.media.push_back({Leg::absent, "TCP"});
  } else {
    path.media.push_back(
        {media_leg(report, "media_tcp", {"media_tcp", "tcp_ice"}, "ice-tcp-*", {}), "TCP " + tcp_port});
  }
  for (const auto& [check, name] : {std::pair{"turn_udp", "TURN over UDP"}, {"turn_tls", "TURN over TLS"}}) {
    const std::optional<Leg> relay = relay_leg(report, check);
    if (relay) path.media.push_back({*relay, name});
  }
  return path;
}

}  // namespace lkdoctor::report
