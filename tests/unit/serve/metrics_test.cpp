// SPDX-License-Identifier: EUPL-1.2
#include "serve/metrics.hpp"

#include <doctest/doctest.h>

#include "support/golden.hpp"
#include "unit/serve/views.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using Lines = std::vector<std::string>;

namespace {

std::string scrape(const TargetView& view, std::string_view target, TextFormat format) {
  const auto block = std::make_shared<Block>(target);
  write_target(view, *block);
  const auto program = std::make_shared<Block>();
  write_program({"0.1.0", "1234abc", true, 1'795'330'000'000}, *program);
  return Scrape({block, program}, format).text();
}

Report with_media() {
  Report report = test::from_outside();
  CheckResult udp = test::check_result("media_udp", "", Outcome::fail);
  udp.facts = {{"transport", "udp"}, {"connected", false}, {"rtt_ms", nullptr}, {"loss_ratio", nullptr}};
  CheckResult tcp = test::check_result("media_tcp", "", Outcome::pass);
  tcp.facts = {{"transport", "tcp"}, {"connected", true}, {"rtt_ms", 11.5}, {"loss_ratio", 0.0}};
  tcp.phases = {{"signalling", Microseconds(40'000)}, {"ice", Microseconds(12'500)}};
  report.checks = {udp, tcp};
  return report;
}

}  // namespace

TEST_CASE("a target's metrics, whole, in both formats") {
  Report report = test::upgrade_stripped();
  test::diagnose_as(report, "ws-upgrade-stripped");
  test::diagnose_as(report, "tls-cert-expires-soon");
  report.checks[1].facts["earliest_cert_expiry"] = 1'795'593'600;
  TargetView view = test::view_of(report);
  view.check_ended_ms = {{"tls_public", 1'795'334'400'500}, {"signalling_upgrade", 1'795'334'400'812}};
  view.gone = {{"udp-range-filtered", Severity::warning}, {"ws-upgrade-stripped", Severity::failure}};
  view.verdict_since_ms = 1'795'334'100'000;
  view.totals = {7, 2, 3, 4, 61, 1, "0f3a", "0f3a", 1'795'334'400'812, 1'795'334'400'812};
  const std::string text = scrape(view, "lk01", TextFormat::prometheus);
  CHECK(text == test::golden("upgrade-stripped.prometheus", text));
  const std::string open = scrape(view, "lk01", TextFormat::openmetrics);
  CHECK(open == test::golden("upgrade-stripped.openmetrics", open));
}

TEST_CASE("before the first run nothing is measured, and nothing looks healthy") {
  TargetView view = test::view_of(Report{});
  view.report = nullptr;
  CHECK(test::sample_of(view, Metric::probe_success) == "probe_success 0");
  CHECK(test::sample_of(view, Metric::probe_duration) == "probe_duration_seconds NaN");
  CHECK(test::sample_of(view, Metric::certificate_expiry) == "probe_ssl_earliest_cert_expiry NaN");
  CHECK(test::samples_of(view, Metric::verdict).back() == "lkdoctor_verdict{verdict=\"unknown\"} 1");
  CHECK(test::samples_of(view, Metric::check_state).at(4) ==
        "lkdoctor_check_state{check=\"api_key\",state=\"unknown\"} 1");
  CHECK(test::samples_of(view, Metric::diagnosis).empty());
  for (const std::string& line : test::samples_of(view, Metric::udp_ports)) CHECK(line.ends_with(" NaN"));
  for (const std::string& line : test::samples_of(view, Metric::finding)) CHECK(line.ends_with(" 0"));
}

TEST_CASE("success is healthy or degraded, and of four verdicts one is 1") {
  Report report = test::from_outside();
  const TargetView view = test::view_of(report);
  for (const auto& [verdict, success] : {std::pair{Verdict::healthy, 1},
                                         {Verdict::degraded, 1},
                                         {Verdict::broken, 0},
                                         {Verdict::unknown, 0}}) {
    report.verdict = verdict;
    CHECK(test::sample_of(view, Metric::probe_success) == "probe_success " + std::to_string(success));
    int ones = 0;
    for (const std::string& line : test::samples_of(view, Metric::verdict))
      ones += line.ends_with(" 1") ? 1 : 0;
    CHECK(ones == 1);
  }
}

TEST_CASE("what no check could measure is NaN and never 0") {
  const Report report = with_media();
  const TargetView view = test::view_of(report);
  CHECK(test::samples_of(view, Metric::ice_rtt) ==
        Lines{"lkdoctor_ice_rtt_seconds{transport=\"udp\"} NaN",
              "lkdoctor_ice_rtt_seconds{transport=\"tcp\"} 0.0115",
              "lkdoctor_ice_rtt_seconds{transport=\"turn-udp\"} NaN",
              "lkdoctor_ice_rtt_seconds{transport=\"turn-tls\"} NaN"});
  CHECK(test::samples_of(view, Metric::packet_loss).at(0) ==
        "lkdoctor_packet_loss_ratio{transport=\"udp\"} NaN");
  CHECK(test::samples_of(view, Metric::packet_loss).at(1) ==
        "lkdoctor_packet_loss_ratio{transport=\"tcp\"} 0");
  CHECK(test::sample_of(view, Metric::clock_skew) == "lkdoctor_clock_skew_seconds NaN");
  const Lines phases = test::samples_of(view, Metric::phase_duration);
  CHECK(phases.at(12) == "lkdoctor_phase_duration_seconds{phase=\"join\",transport=\"tcp\"} 0.04");
  CHECK(phases.at(13) == "lkdoctor_phase_duration_seconds{phase=\"ice\",transport=\"tcp\"} 0.0125");
  CHECK(phases.at(14) == "lkdoctor_phase_duration_seconds{phase=\"dtls\",transport=\"tcp\"} NaN");
}

TEST_CASE("ports are counted by what is proven of them, and ports that nobody asked are not open") {
  Report report = test::from_outside();
  CheckResult range = test::check_result("udp_range", "", Outcome::warn);
  range.facts["intervals"] = {{{"from", 20000}, {"to", 21999}, {"state", "open"}},
                              {{"from", 22000}, {"to", 22999}, {"state", "blocked"}},
                              {{"from", 23000}, {"to", 23000}, {"state", "in_use"}},
                              {{"from", 23001}, {"to", 25000}, {"state", "open"}}};
  report.checks = {range};
  const TargetView view = test::view_of(report);
  CHECK(test::samples_of(view, Metric::udp_ports) ==
        Lines{"lkdoctor_udp_ports{result=\"open\"} 4000", "lkdoctor_udp_ports{result=\"blocked\"} 1000",
              "lkdoctor_udp_ports{result=\"in_use\"} 1", "lkdoctor_udp_ports{result=\"untested\"} 0"});
  report.checks.front().facts["intervals"] = OrderedJson::array();
  CHECK(test::samples_of(view, Metric::udp_ports).front() == "lkdoctor_udp_ports{result=\"open\"} NaN");
}

TEST_CASE("the earlier certificate of both URLs counts, also one that is not trusted") {
  Report report = test::from_outside();
  CheckResult mine = test::check_result("tls_public", "", Outcome::fail);
  CheckResult other = test::check_result("tls_service", "", Outcome::pass);
  mine.facts["earliest_cert_expiry"] = 1'700'000'000;
  other.facts["earliest_cert_expiry"] = 1'800'000'000;
  report.checks = {mine, other};
  const TargetView view = test::view_of(report);
  CHECK(test::sample_of(view, Metric::certificate_expiry) == "probe_ssl_earliest_cert_expiry 1700000000");
}

TEST_CASE("the advertised address matches where a session came about, and does not where a finding says so") {
  Report report = with_media();
  const TargetView view = test::view_of(report);
  CHECK(test::sample_of(view, Metric::external_address_match) == "lkdoctor_external_address_match 1");
  report.checks.back().facts["connected"] = nullptr;
  CHECK(test::sample_of(view, Metric::external_address_match) == "lkdoctor_external_address_match NaN");
  report.checks.front().findings.push_back({Finding(findings::wrong_wan_ip, "203.0.113.9"), {}});
  CHECK(test::sample_of(view, Metric::external_address_match) == "lkdoctor_external_address_match 0");
}

TEST_CASE("a finding has one series, with the severity that this run gave it") {
  Report report = with_media();
  const TargetView view = test::view_of(report);
  const auto udp = [&] { return test::samples_of(view, Metric::finding).at(3); };
  CHECK(udp() == "lkdoctor_finding{finding=\"udp-range-filtered\",severity=\"failure\"} 0");
  Finding finding(findings::udp_range_filtered, "203.0.113.9");
  report.checks.front().findings.push_back({finding.graded(Severity::warning), {}});
  CHECK(udp() == "lkdoctor_finding{finding=\"udp-range-filtered\",severity=\"warning\"} 1");
  CHECK(test::samples_of(view, Metric::finding).size() == 5);
}

TEST_CASE("a root cause that is gone stays as 0, so that an alert sees it end") {
  Report report = with_media();
  TargetView view = test::view_of(report);
  view.gone = {{"udp-range-filtered", Severity::warning}};
  CHECK(test::samples_of(view, Metric::diagnosis) ==
        Lines{"lkdoctor_diagnosis{finding=\"udp-range-filtered\",severity=\"warning\"} 0"});
  Finding finding(findings::udp_range_filtered, "203.0.113.9");
  report.diagnoses = {{finding.graded(Severity::warning), {}}, {finding, {}}};
  CHECK(test::samples_of(view, Metric::diagnosis) ==
        Lines{"lkdoctor_diagnosis{finding=\"udp-range-filtered\",severity=\"warning\"} 1"});
}

TEST_CASE("no address, name, room, key or text of a peer gets into a metric") {
  Report report = test::upgrade_stripped();
  test::diagnose_as(report, "ws-upgrade-stripped");
  for (CheckResult& check : report.checks) {
    check.phases.push_back({"canary of a check", Microseconds(1)});
    check.reason = "canary";
    check.facts["transport"] = "canary";
    check.facts["rtt_ms"] = "canary";
  }
  report.summary = report.target = report.vantage.host = "canary";
  const std::string text = scrape(test::view_of(report), {}, TextFormat::openmetrics);
  for (const char* secret :
       {"canary", "192.0.2.", "198.51.100.", "uni.example", "https:", "laptop", "\x1b"}) {
    CAPTURE(secret);
    CHECK(text.find(secret) == std::string::npos);
  }
}
