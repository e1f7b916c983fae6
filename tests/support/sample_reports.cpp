// SPDX-License-Identifier: EUPL-1.2
#include "support/sample_reports.hpp"

namespace lkdoctor::test {
namespace {

Finding found(std::string id, Severity severity, std::string subject, std::string sentence,
              std::string remedy) {
  Finding finding;
  finding.id = std::move(id);
  finding.severity = severity;
  finding.subject = std::move(subject);
  finding.title = std::move(sentence);
  finding.remedy.text = std::move(remedy);
  return finding;
}

CheckResult skipped(std::string id, std::string title, std::string reason) {
  CheckResult check = check_result(std::move(id), std::move(title), Outcome::skip);
  check.reason = std::move(reason);
  return check;
}

void skip_media(Report& report) {
  CheckResult media = skipped("media_udp", "Media reaches LiveKit over UDP",
                              "needs join_response, which signalling_join should have given");
  media.must_have = true;
  report.checks.push_back(std::move(media));
  report.verdict = verdict_of(report.checks);
}

}  // namespace

Origin file_at(std::string name, int line, int column) {
  return {Origin::Kind::file, std::move(name), line, column};
}

CheckResult check_result(std::string id, std::string title, Outcome outcome) {
  CheckResult check;
  check.group = id.substr(0, id.find('_'));
  check.id = std::move(id);
  check.title = std::move(title);
  check.outcome = outcome;
  check.duration = Microseconds(12'400);
  return check;
}

Setting setting(std::string key, std::string value, Origin origin) {
  return {std::move(key), std::move(value), std::move(origin)};
}

Report from_outside() {
  Report report;
  report.started_ms = 1'795'334'400'000;
  report.duration = Microseconds(812'000);
  report.audience = Audience::internet;
  report.vantage = {Vantage::outside, false, "guessed: my external address is not the server's",
                    "laptop",         "",    {"192.0.2.77"},
                    {"192.0.2.77"}};
  report.target = "livekit.uni.example";
  report.settings = {
      setting("livekit.public_url", "https://livekit.uni.example", {Origin::Kind::flag, "TARGET", 0, 0})};
  return report;
}

Report documentation_examples() {
  Report report = from_outside();
  report.settings = {
      setting("livekit.public_url", "https://livekit.example.com", file_at("controller.toml", 4, 14)),
      setting("server.port", "7880", file_at("livekit.yaml", 1, 7))};
  CheckResult agreement = check_result("config_agreement", "both sides agree", Outcome::fail);
  Finding sample =
      found("default-or-sample-credentials", Severity::failure, "controller_key",
            "Anyone can join and record every room: key \"controller_key\" has the secret printed "
            "in the documentation.",
            "Set both lines to one new value, then recreate both containers");
  sample.with("secret", "the same published value on both sides").command("openssl rand -hex 32");
  sample.at(file_at("controller.toml", 3, 14)).also_at(file_at("livekit.yaml", 9, 19));
  agreement.findings.push_back({sample, {}});
  CheckResult server =
      check_result("config_livekit", "LiveKit starts with this configuration", Outcome::warn);
  server.facts["accepted"] = true;
  Finding ignored = found("node-ip-overridden-by-external-ip", Severity::warning, "livekit.yaml",
                          "--node-ip 198.51.100.23 has no effect: rtc.use_external_ip is true and wins.",
                          "Keep one. To advertise 198.51.100.23 always, set use_external_ip to false");
  ignored.with("node_ip", "198.51.100.23").at(file_at("livekit.yaml", 7, 20));
  ignored.showing("livekit.yaml:7:20\n  7 |   use_external_ip: true\n    |                    ^^^^");
  server.findings.push_back({ignored, {}});
  Finding short_secret = found("secret-too-short", Severity::warning, "controller_key",
                               "The secret of key \"controller_key\" has 8 characters.", "Use 32 or more");
  short_secret.with("secret_length", 8).at(file_at("livekit.yaml", 9, 19));
  server.findings.push_back({short_secret, {}});
  report.checks = {agreement, server,
                   skipped("names_public", "the name of public_url", "left out: files only")};
  report.notes = {"judged for LiveKit 1.13.5, the newest known. Say --livekit-version"};
  report.verdict = verdict_of(report.checks);
  return report;
}

Report only_a_url() {
  Report report = from_outside();
  CheckResult tls = check_result("tls_public", "certificate of public_url", Outcome::pass);
  tls.facts["days_left"] = 84;
  CheckResult http = check_result("http_public", "LiveKit answers at public_url", Outcome::pass);
  http.facts["server"] = "nginx/1.22.1";
  CheckResult key = skipped("api_key", "LiveKit accepts the key pair", "no key pair is known");
  key.must_have = true;
  report.checks = {check_result("names_public", "the name of public_url", Outcome::pass),
                   tls,
                   http,
                   check_result("signalling_upgrade", "the WebSocket upgrade passes", Outcome::pass),
                   key,
                   skipped("address_external", "external address", "no key pair is known")};
  report.side_effects.requests = 9;
  skip_media(report);
  return report;
}

Report upgrade_stripped() {
  Report report = only_a_url();
  CheckResult upgrade = check_result("signalling_upgrade", "the WebSocket upgrade passes", Outcome::fail);
  Finding stripped = found("ws-upgrade-stripped", Severity::failure, "https://livekit.uni.example",
                           "The proxy in front of LiveKit strips the WebSocket upgrade: nobody can join.",
                           "Pass the Upgrade and Connection headers on to LiveKit");
  stripped.with("status", 404).with("rtt_ms", 11.25).quoting("body", "\x1b[31mnot found\x1b[0m\n");
  stripped.sure(Confidence::likely);
  upgrade.findings.push_back({stripped, {}});
  Finding session = found("session-start-stalls", Severity::failure, "https://livekit.uni.example",
                          "No session starts.", "See the cause");
  upgrade.findings.push_back({session, {}});
  Finding soon = found("tls-cert-expires-soon", Severity::warning, "livekit.uni.example:443",
                       "The certificate of livekit.uni.example ends in 3 days.", "Renew the certificate");
  soon.with("days_left", 3);
  report.checks[1].outcome = Outcome::warn;
  report.checks[1].facts["days_left"] = 3;
  report.checks[1].findings.push_back({soon, {}});
  report.checks[3] = upgrade;
  CheckResult lost = check_result("tcp_7881", "ICE over TCP", Outcome::unknown);
  lost.reason = "deadline: 10.0 s";
  lost.log = {"connecting to 198.51.100.23:7881"};
  report.checks.push_back(lost);
  report.verdict = verdict_of(report.checks);
  return report;
}

Report behind_controller() {
  Report report = from_outside();
  report.settings = {
      setting("livekit.public_url", "https://controller.uni.example/livekit",
              file_at("/etc/opentalk/controller.toml", 12, 14)),
      setting("livekit.service_url", "http://livekit:7880", file_at("/etc/opentalk/controller.toml", 13, 15)),
      setting("livekit.api_key", "controller", file_at("/etc/opentalk/controller.toml", 14, 11)),
      setting("livekit.api_secret", "64 characters, hidden",
              file_at("/etc/opentalk/controller.toml", 15, 14))};
  CheckResult topology = check_result("signalling_topology", "who ends signalling", Outcome::pass);
  topology.facts["topology"] = "controller-proxy";
  report.checks = {check_result("names_public", "the name of public_url", Outcome::pass),
                   check_result("tls_public", "certificate of public_url", Outcome::pass),
                   check_result("http_public", "LiveKit answers at public_url", Outcome::pass), topology};
  skip_media(report);
  return report;
}

}  // namespace lkdoctor::test
