// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/diagnose.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/text.hpp>

#include "diagnosis/cases.hpp"
#include "diagnosis/summary.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

struct Raised {
  std::string check, id;
  Severity severity = Severity::failure;
  std::string subject = {};
};

struct Row {
  std::string_view name;
  std::vector<Raised> raised;
  std::string_view expected;  ///< diagnoses as "cause<effect,effect other"
};

CheckResult& check_of(Report& report, const std::string& id) {
  for (CheckResult& check : report.checks) {
    if (check.id == id) return check;
  }
  return report.checks.emplace_back(test::check_result(id, id, Outcome::fail));
}

Report report_of(const std::vector<Raised>& raised) {
  Report report = test::from_outside();
  report.settings.push_back(test::setting("livekit.service_url", "http://livekit:7880", {}));
  for (const Raised& one : raised) {
    Finding finding;
    finding.id = one.id;
    finding.severity = one.severity;
    finding.subject = one.subject;
    finding.title = one.id;
    check_of(report, one.check).findings.push_back({finding, {}});
  }
  report.verdict = verdict_of(report.checks);
  return report;
}

std::string told(const Report& report) {
  std::string out;
  for (const Diagnosis& diagnosis : report.diagnoses) {
    if (!out.empty()) out += ' ';
    out += diagnosis.finding.id;
    for (std::size_t i = 0; i < diagnosis.explains.size(); ++i) {
      out += (i == 0 ? "<" : ",") + diagnosis.explains[i];
    }
  }
  return out;
}

constexpr Severity kWarning = Severity::warning;
constexpr Severity kInfo = Severity::info;

}  // namespace

TEST_CASE("consequences are folded under their cause") {
  const Row rows[] = {
      {"a dead name explains what is at its URL",
       {{"names_public", "dns-missing"},
        {"tls_public", "endpoint-unreachable"},
        {"http_public", "wrong-backend"}},
       "dns-missing<endpoint-unreachable,wrong-backend"},
      {"a LiveKit that does not run explains what stands in front of it",
       {{"http_public", "proxy-backend-down"},
        {"signalling_public", "ws-upgrade-stripped"},
        {"tcp_ice", "ice-tcp-closed"},
        {"signalling_join", "livekit-not-running"}},
       "livekit-not-running<proxy-backend-down,ws-upgrade-stripped,ice-tcp-closed"},
      {"a file that LiveKit refuses explains that it does not run",
       {{"config_livekit", "bind-address-invalid"},
        {"http_public", "proxy-backend-down"},
        {"signalling_join", "livekit-not-running"}},
       "bind-address-invalid<proxy-backend-down,livekit-not-running"},
      {"a wrong address explains that nothing answers there",
       {{"media_udp", "private-ip-advertised"},
        {"media_tcp", "ice-tcp-closed"},
        {"tcp_ice", "ice-tcp-closed", kWarning},
        {"address_advertised", "private-ip-advertised", kWarning, "10.0.0.1"}},
       "private-ip-advertised<ice-tcp-closed"},
      {"LiveKit's own settings explain a call that does not come about",
       {{"config_livekit", "opus-not-enabled", kWarning},
        {"media_loop", "opus-not-enabled"},
        {"config_livekit", "max-participants-too-low"},
        {"media_loop", "join-refused"},
        {"config_livekit", "udp-port-exhaustion", kWarning},
        {"media_udp", "udp-not-offered"}},
       "max-participants-too-low<join-refused udp-port-exhaustion<udp-not-offered opus-not-enabled"},
      {"a session that found no port left says nothing of the way to the others",
       {{"config_livekit", "udp-port-exhaustion", kWarning},
        {"media_udp", "udp-works-only-by-hole-punching", kWarning}},
       "udp-port-exhaustion<udp-works-only-by-hole-punching"},
      {"a path in public_url that browsers add explains what is found elsewhere",
       {{"config_controller", "public-url-handed-out-is-wrong"}, {"http_public", "proxy-path-mismatch"}},
       "public-url-handed-out-is-wrong<proxy-path-mismatch"},
      {"blanks around public_url move no path",
       {{"config_controller", "public-url-handed-out-is-wrong", kWarning},
        {"http_public", "proxy-path-mismatch"}},
       "proxy-path-mismatch public-url-handed-out-is-wrong"},
      {"a dot behind the host of public_url closes no port",
       {{"config_controller", "public-url-handed-out-is-wrong", kWarning},
        {"http_public", "endpoint-unreachable"}},
       "endpoint-unreachable public-url-handed-out-is-wrong"},
      {"a path that does not lead to LiveKit starts no session",
       {{"signalling_public", "signalling-path-missing"}, {"signalling_join", "session-start-stalls"}},
       "signalling-path-missing<session-start-stalls"},
      {"nothing passes over UDP nor TCP: one filter",
       {{"tcp_ice", "ice-tcp-closed", kWarning},
        {"media_tcp", "ice-tcp-closed"},
        {"media_udp", "udp-range-filtered"}},
       "udp-range-filtered<ice-tcp-closed"},
      {"a sweep explains what sessions see of some ports, and no closed TCP port",
       {{"udp_range", "udp-range-partially-open"},
        {"media_udp", "udp-range-filtered"},
        {"media_loop", "health-ok-media-dead"},
        {"media_tcp", "ice-tcp-closed"}},
       "udp-range-partially-open<udp-range-filtered,health-ok-media-dead ice-tcp-closed"},
      {"ports that arrive under another number explain sessions that LiveKit itself has to open",
       {{"udp_range", "udp-ports-rewritten"}, {"media_udp", "udp-works-only-by-hole-punching", kWarning}},
       "udp-ports-rewritten<udp-works-only-by-hole-punching"},
      {"a closed TCP port beside a filtered range is its own trouble while something carries",
       {{"tcp_ice", "ice-tcp-closed", kWarning, "a"}, {"media_udp", "udp-range-filtered", kWarning, "b"}},
       "ice-tcp-closed udp-range-filtered"},
      {"calls over TCP follow from what is wrong with UDP",
       {{"media_tcp", "media-silently-on-tcp", kWarning}, {"media_udp", "udp-range-filtered", kWarning}},
       "udp-range-filtered<media-silently-on-tcp"},
      {"a network without UDP explains what is seen of LiveKit's UDP",
       {{"address_external", "client-network-blocks-udp", kWarning},
        {"media_tcp", "media-silently-on-tcp", kWarning}},
       "client-network-blocks-udp<media-silently-on-tcp"},
      {"what media shows of this network says more than silent control servers",
       {{"address_external", "client-network-blocks-udp", kWarning, "this network"},
        {"media_loop", "health-ok-media-dead", kWarning},
        {"media_udp", "client-network-blocks-udp", kWarning, "this network"}},
       "client-network-blocks-udp<health-ok-media-dead"},
      {"a dead name does not explain the other URL",
       {{"names_public", "dns-missing"}, {"http_service", "endpoint-unreachable"}},
       "dns-missing endpoint-unreachable"},
      {"an endpoint that nobody answers at explains each of its addresses",
       {{"tls_public", "endpoint-unreachable"}, {"names_public", "address-unreachable", kWarning}},
       "endpoint-unreachable<address-unreachable"},
      {"a service URL that is unreachable explains the endpoint and each address",
       {{"http_service", "service-url-unreachable"},
        {"names_service", "endpoint-unreachable"},
        {"names_service", "address-unreachable"}},
       "service-url-unreachable<endpoint-unreachable,address-unreachable"},
      {"the controller's own word on its name goes before the resolver's",
       {{"names_service", "dns-missing"}, {"names_service", "controller-cannot-resolve-service-url"}},
       "controller-cannot-resolve-service-url<dns-missing"},
      {"a URL that is wrong in the file explains that its name is missing",
       {{"names_public", "dns-missing"},
        {"http_public", "endpoint-unreachable"},
        {"config_agreement", "public-url-handed-out-is-wrong"}},
       "public-url-handed-out-is-wrong<dns-missing,endpoint-unreachable"},
      {"a login page explains the redirect to it",
       {{"http_public", "public-url-redirects"}, {"http_public", "proxy-auth-or-waf-intercepts"}},
       "proxy-auth-or-waf-intercepts<public-url-redirects"},
      {"a server that learns no address does not start",
       {{"http_public", "proxy-backend-down"},
        {"http_service", "service-url-unreachable"},
        {"address_external", "external-ip-stun-failed"}},
       "external-ip-stun-failed<proxy-backend-down,service-url-unreachable"},
      {"a refused certificate ends WebSocket and service URL over it",
       {{"tls_service", "tls-self-signed"},
        {"http_service", "internal-tls-untrusted-by-controller"},
        {"http_service", "service-url-unreachable"}},
       "tls-self-signed<internal-tls-untrusted-by-controller,service-url-unreachable"},
      {"a wrong path breaks API and signalling alike",
       {{"http_public", "proxy-path-mismatch"},
        {"http_public", "twirp-not-proxied", kWarning},
        {"signalling_upgrade", "ws-upgrade-stripped"}},
       "proxy-path-mismatch<twirp-not-proxied,ws-upgrade-stripped"},
      {"a key that is unknown in the files and on the wire is one problem",
       {{"config_agreement", "api-key-unknown", Severity::failure, "controller"},
        {"api_key", "api-key-unknown", Severity::failure, "https://livekit.uni.example"}},
       "api-key-unknown"},
      {"this machine's clock is the cause of every date that looks wrong",
       {{"clock_local", "local-clock-wrong"},
        {"tls_public", "tls-cert-not-yet-valid"},
        {"api_key", "clock-skew"}},
       "local-clock-wrong<tls-cert-not-yet-valid,clock-skew"},
      {"a published sample is short as well",
       {{"config_agreement", "secret-too-short", kWarning},
        {"config_agreement", "default-or-sample-credentials"}},
       "default-or-sample-credentials<secret-too-short"},
      {"a dead backend explains everything behind it",
       {{"http_public", "proxy-backend-down"},
        {"http_service", "endpoint-unreachable"},
        {"tcp_7881", "ice-tcp-closed", kWarning}},
       "proxy-backend-down<endpoint-unreachable,ice-tcp-closed"},
      {"ICE-lite that does not know its address explains the private one",
       {{"media_udp", "private-ip-advertised"},
        {"media_loop", "health-ok-media-dead"},
        {"media_udp", "ice-lite-behind-nat"}},
       "ice-lite-behind-nat<private-ip-advertised,health-ok-media-dead"},
      {"a flow that is cut off explains what other checks miss after that",
       {{"media_udp", "udp-flow-cut"}, {"media_data", "data-channel-fails"}},
       "udp-flow-cut<data-channel-fails"},
      {"loss that comes and goes explains what one check takes for a cut, and what others miss",
       {{"media_udp", "packet-loss-high", Severity::failure, "UDP"},
        {"media_loop", "udp-flow-cut"},
        {"media_tcp", "media-silently-on-tcp", kWarning},
        {"media_data", "data-channel-fails"}},
       "packet-loss-high<udp-flow-cut,media-silently-on-tcp,data-channel-fails"},
      {"a handshake that never ends beside some loss has a cause of its own, and nobody is heard for it",
       {{"media_udp", "dtls-never-completes"},
        {"media_udp", "packet-loss-high", kWarning, "UDP"},
        {"media_loop", "health-ok-media-dead"}},
       "dtls-never-completes<health-ok-media-dead packet-loss-high"},
      {"what a limit refused was not seen as it is, and the join's word goes first",
       {{"http_public", "rate-limited", kWarning, "https://livekit.uni.example"},
        {"http_public", "wrong-backend"},
        {"signalling_public", "signalling-path-missing"},
        {"signalling_join", "rate-limited", Severity::failure, "https://livekit.uni.example"}},
       "rate-limited<wrong-backend,signalling-path-missing"},
      {"a host that fell silent explains what is seen of its silence",
       {{"tls_public", "banned-during-run", kWarning}, {"http_public", "endpoint-stalls"}},
       "banned-during-run<endpoint-stalls"},
      {"chains end at their root",
       {{"signalling_upgrade", "session-start-stalls"},
        {"signalling_upgrade", "ws-upgrade-stripped"},
        {"http_public", "proxy-path-mismatch"}},
       "proxy-path-mismatch<session-start-stalls,ws-upgrade-stripped"},
      {"remarks are no diagnoses and explain nothing",
       {{"names_public", "placeholder-value", kInfo}, {"tls_public", "tls-cert-expires-soon", kWarning}},
       "tls-cert-expires-soon"},
      {"node_ip 0.0.0.0 is why LiveKit names no address for the internet",
       {{"config_node_ip", "node-ip-unusable", Severity::failure, "0.0.0.0"},
        {"media_udp", "private-ip-advertised", Severity::failure, "0.0.0.0"},
        {"media_tcp", "private-ip-advertised", Severity::failure, "0.0.0.0"},
        {"tcp_ice", "ice-tcp-closed", kWarning}},
       "node-ip-unusable<private-ip-advertised,ice-tcp-closed"},
      {"ports of another configuration are not in the firewall",
       {{"media_udp", "running-config-differs-from-file", kWarning},
        {"media_udp", "udp-range-filtered", kWarning},
        {"media_tcp", "media-silently-on-tcp", kWarning}},
       "running-config-differs-from-file<udp-range-filtered,media-silently-on-tcp"},
      {"where TCP is dead as well, a filter stays a filter",
       {{"media_udp", "running-config-differs-from-file", kWarning},
        {"media_udp", "udp-range-filtered"},
        {"media_tcp", "ice-tcp-closed"}},
       "udp-range-filtered<ice-tcp-closed running-config-differs-from-file"},
      {"the certificate of a TURN server ends no signalling",
       {{"signalling_public", "ws-upgrade-stripped", Severity::failure, "wss://livekit.uni.example"},
        {"turn_tls", "tls-cert-expired", kWarning, "turns:turn.uni.example:443"}},
       "ws-upgrade-stripped tls-cert-expired"},
      {"one certificate seen by two checks is one problem",
       {{"tls_public", "tls-cert-expired", Severity::failure, "livekit.uni.example:443"},
        {"tls_service", "tls-cert-expired", Severity::failure, "livekit.uni.example:443"}},
       "tls-cert-expired"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Report report = report_of(row.raised);
    diagnosis::diagnose(report, {});
    CHECK(told(report) == row.expected);
  }
}

TEST_CASE("beside TURN alone, UDP, TCP and TURN over UDP that are silent at one host are one filter") {
  for (const bool same_host : {true, false}) {
    Report report = report_of({{"media_udp", "udp-range-filtered", kWarning, "198.51.100.23"},
                               {"media_tcp", "ice-tcp-closed", kWarning, "198.51.100.23:7881"},
                               {"turn_udp", "turn-unreachable", kWarning}});
    check_of(report, "media_udp").findings.front().finding.with("tcp_carries_media", false);
    Finding& turn = check_of(report, "turn_udp").findings.front().finding;
    turn.with("addresses", same_host ? "198.51.100.23:3478" : "198.51.100.40:3478");
    diagnosis::diagnose(report, {});
    CHECK(told(report) == (same_host ? "udp-range-filtered<ice-tcp-closed,turn-unreachable"
                                     : "udp-range-filtered<ice-tcp-closed turn-unreachable"));
  }
}

TEST_CASE("a configuration that LiveKit refuses explains why nothing listens, but only if it refuses") {
  for (const bool accepted : {false, true}) {
    Report report =
        report_of({{"config_livekit", "config-unknown-field"}, {"http_public", "proxy-backend-down"}});
    check_of(report, "config_livekit").facts["accepted"] = accepted;
    diagnosis::diagnose(report, {});
    CHECK(told(report) ==
          (accepted ? "config-unknown-field proxy-backend-down" : "config-unknown-field<proxy-backend-down"));
  }
}

TEST_CASE("a folded finding names its root, and the root is as bad as the worst it explains") {
  Report report =
      report_of({{"names_public", "dns-missing", kWarning}, {"tls_public", "endpoint-unreachable"}});
  diagnosis::diagnose(report, {});
  CHECK(check_of(report, "tls_public").findings[0].explained_by == "dns-missing");
  CHECK_FALSE(check_of(report, "names_public").findings[0].explained_by);
  CHECK(report.diagnoses[0].finding.severity == Severity::failure);
  CHECK(report.summary == "dns-missing");
}

TEST_CASE("a dot behind the host is the certificate's matter only where that was asked for with it") {
  Report report = report_of({{"config_controller", "public-url-handed-out-is-wrong", Severity::warning},
                             {"tls_public", "tls-name-mismatch"}});
  const auto diagnosed = [&] {
    Report copy = report;
    diagnosis::diagnose(copy, {});
    return told(copy);
  };
  CHECK(diagnosed() == "tls-name-mismatch public-url-handed-out-is-wrong");
  check_of(report, "tls_public").findings.front().finding.with("host_ends_in_dot", true);
  CHECK(diagnosed() == "tls-name-mismatch<public-url-handed-out-is-wrong");
}

TEST_CASE("diagnoses come by severity, confidence, number explained, group") {
  Report report = report_of({{"tls_public", "tls-cert-expires-soon", kWarning},
                             {"api_key", "api-key-unknown"},
                             {"config_controller", "controller-config-invalid"},
                             {"signalling_upgrade", "csp-blocks-livekit"},
                             {"tls_public", "tls-chain-incomplete"},
                             {"signalling_upgrade", "ws-lifetime-capped", kWarning}});
  check_of(report, "signalling_upgrade").findings[0].finding.sure(Confidence::possible);
  diagnosis::diagnose(report, {});
  CHECK(told(report) ==
        "tls-chain-incomplete<tls-cert-expires-soon,ws-lifetime-capped controller-config-invalid "
        "api-key-unknown csp-blocks-livekit");
}

TEST_CASE("a run without a problem says what it looked at and from where") {
  Report report = test::only_a_url();
  report.checks.resize(2);
  report.verdict = verdict_of(report.checks);
  diagnosis::diagnose(report, {});
  CHECK(report.summary == "no problem in names, tls, seen from outside; nothing else was looked at.");
}

TEST_CASE("from LiveKit's own network, a run without a problem says that the way in was not tested") {
  const auto seen = [](Vantage vantage, Audience audience) {
    Report report = test::only_a_url();
    report.checks = {test::check_result("media_udp", "Media reaches LiveKit over UDP", Outcome::pass)};
    report.not_tested.clear();
    report.vantage.kind = vantage;
    report.audience = audience;
    report.settings.push_back(test::setting("token", "given", {}));
    report.verdict = verdict_of(report.checks);
    diagnosis::diagnose(report, {});
    const bool told = std::ranges::any_of(
        report.not_tested, [](const NotTested& one) { return one.what == "the way in from outside"; });
    return report.summary + (told ? " +" : "");
  };
  CHECK(
      seen(Vantage::livekit_host, Audience::internet) ==
      "media flows over UDP, seen from the LiveKit host; the way in from outside was not tested; no problem "
      "in media. +");
  CHECK(seen(Vantage::inside, Audience::internet) ==
        "media flows over UDP, seen from inside; the way in from outside was not tested; no problem in "
        "media. +");
  CHECK(seen(Vantage::livekit_host, Audience::lan) ==
        "media flows over UDP, seen on this host; no problem in media.");
  CHECK(seen(Vantage::outside, Audience::internet) ==
        "media flows over UDP, seen from outside; no problem in media.");
}

TEST_CASE("with one token nobody listens: said in the headline and under what was not tested") {
  Report report = test::only_a_url();
  report.checks = {test::check_result("media_udp", "Media reaches LiveKit over UDP", Outcome::pass),
                   test::check_result("media_loop", "Audio comes back", Outcome::skip)};
  report.checks.back().reason = "one token is one participant: nobody would listen";
  report.not_tested.clear();
  report.settings.push_back(test::setting("token", "given", {}));
  report.verdict = verdict_of(report.checks);
  diagnosis::diagnose(report, {});
  CHECK(report.summary.starts_with("media flows over UDP (no test call was made), seen "));
  REQUIRE_FALSE(report.not_tested.empty());
  CHECK(report.not_tested.back().what == "a call: whether audio comes back");
}

TEST_CASE("a must-have that could not measure is named in the summary") {
  Report report = test::only_a_url();
  CheckResult lost = test::check_result("api_key", "LiveKit accepts the key pair", Outcome::unknown);
  lost.must_have = true;
  lost.reason = "deadline: 10.0 s";
  report.checks[4] = lost;
  diagnosis::diagnose(report, {});
  CHECK(report.summary ==
        "signalling is reachable from outside; api_key could not measure: deadline: 10.0 s.");
}

TEST_CASE("one wrong secret of a TURN server is told once, with each URL that it breaks") {
  Report report = report_of({{"turn_tls", "turn-credentials-rejected", kWarning, "turn.uni.example"},
                             {"turn_udp", "turn-credentials-rejected", kWarning, "turn.uni.example"},
                             {"turn_udp", "turn-credentials-rejected", kWarning, "turn2.uni.example"}});
  const std::string urls[] = {"turns:turn.uni.example:5349", "turn:turn.uni.example:3478",
                              "turn:turn2.uni.example:3478"};
  std::size_t at = 0;
  for (CheckResult& check : report.checks) {
    for (ReportedFinding& one : check.findings) one.finding.with("url", urls[at++]);
  }
  diagnosis::diagnose(report, {});
  REQUIRE(report.diagnoses.size() == 2);
  CHECK(report.diagnoses[0].finding.evidence.front().value ==
        "turns:turn.uni.example:5349, turn:turn.uni.example:3478");
  CHECK(report.diagnoses[1].finding.evidence.front().value == "turn:turn2.uni.example:3478");
}

TEST_CASE("where media was judged by WHIP, the summary says what is not broken") {
  Report report = report_of({{"signalling_public", "ws-upgrade-stripped"}});
  CheckResult& media = report.checks.emplace_back(test::check_result("media_udp", "media", Outcome::pass));
  media.facts["rtt_ms"] = 1.24;
  report.checks.push_back(test::check_result("media_tcp", "media", Outcome::fail));
  Facts facts;
  diagnosis::diagnose(report, facts);
  diagnosis::summarize(report, facts);
  CHECK(report.summary == "ws-upgrade-stripped");
  facts::JoinResponse joined;
  joined.by_whip = true;
  facts.set(facts::join_response, joined);
  diagnosis::summarize(report, facts);
  CHECK(report.summary == "ws-upgrade-stripped. Media connects (UDP, 1.2 ms; tried by WHIP).");
}

TEST_CASE("of a range of one port, a port that nobody listens on is one that LiveKit has not left") {
  const auto diagnosed = [](bool refused, std::string_view heard_at) {
    Report report = report_of({{"config_livekit", "udp-port-exhaustion", kWarning},
                               {"media_udp", "udp-range-filtered", kWarning, "198.51.100.23"}});
    if (refused) report.checks[1].findings[0].finding.with("icmp_port_unreachable", 1);
    CheckResult& loop = report.checks.emplace_back(test::check_result("media_loop", "media", Outcome::pass));
    loop.facts["delivered"] = !heard_at.empty();
    loop.facts["transport"] = "udp";
    const OrderedJson candidate{{"address", heard_at}, {"answered", true}};
    loop.facts["candidates"] = OrderedJson::array({candidate});
    diagnosis::diagnose(report, {});
    return report.diagnoses.size();
  };
  CHECK(diagnosed(true, "") == 1);
  CHECK(diagnosed(false, "198.51.100.23") == 1);
  // Silence may as well be a firewall, and another address says nothing of this one.
  CHECK(diagnosed(false, "") == 2);
  CHECK(diagnosed(false, "2001:db8::23") == 2);
}
