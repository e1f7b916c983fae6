// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "report/text.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

CheckResult session(std::string id, Outcome outcome, const Json& connected) {
  CheckResult check = test::check_result(std::move(id), "a session", outcome);
  check.facts["connected"] = OrderedJson(connected);
  return check;
}

CheckResult raising(CheckResult check, std::string id) {
  check.group = "media";
  Finding finding;
  finding.id = std::move(id);
  finding.severity = Severity::warning;
  check.findings.push_back({std::move(finding), {}});
  return check;
}

/// The words of the arrows that lead to media: "UDP TCP".
std::string media_of(std::vector<CheckResult> checks) {
  Report report = test::from_outside();
  report.checks = std::move(checks);
  const std::string picture = report::path_picture(report, {});
  std::string out;
  for (const std::string_view target : {"UDP", "TCP"}) {
    const std::string line = picture.substr(0, picture.find(target));
    const std::size_t word = line.find_last_not_of("\xe2\x94\x80- ");
    out += (out.empty() ? "" : " ") + line.substr(word - 1, 2);
  }
  return out;
}

}  // namespace

TEST_CASE("the path to media is ok where a session was carried, whatever addresses were found beside it") {
  CHECK(media_of({session("media_udp", Outcome::pass, true), session("media_tcp", Outcome::pass, true)}) ==
        "ok ok");
  CHECK(media_of({raising(session("media_udp", Outcome::warn, true), "udp-range-filtered"),
                  raising(session("media_tcp", Outcome::warn, true), "ice-tcp-closed")}) == "ok ok");
}

TEST_CASE("the path to media is not ok where packets are lost after a session was carried") {
  const auto with = [](std::string id, Severity severity, std::string subject = "UDP") {
    CheckResult udp = raising(session("media_udp", Outcome::fail, true), std::move(id));
    udp.findings.front().finding.severity = severity;
    udp.findings.front().finding.subject = std::move(subject);
    return media_of({std::move(udp), session("media_tcp", Outcome::pass, true)});
  };
  CHECK(with("udp-flow-cut", Severity::failure) == "xx ok");
  CHECK(with("packet-loss-high", Severity::failure) == "xx ok");
  CHECK(with("packet-loss-high", Severity::warning) == "!! ok");
  CHECK(with("packet-loss-high", Severity::failure, "TCP") == "ok ok");
  CHECK(with("udp-range-partially-open", Severity::warning) == "!! ok");
  // Where no session was carried in the first place, nothing is left of it.
  CheckResult udp = raising(session("media_udp", Outcome::warn, false), "udp-flow-cut");
  udp.findings.front().finding.severity = Severity::warning;
  CHECK(media_of({std::move(udp), session("media_tcp", Outcome::pass, true)}) == "xx ok");
}

TEST_CASE("the path to media is never ok where no session was carried") {
  CHECK(media_of({session("media_udp", Outcome::pass, false), session("media_tcp", Outcome::warn, false)}) ==
        "?? ??");
  CHECK(media_of({raising(session("media_udp", Outcome::warn, false), "udp-range-filtered"),
                  raising(session("media_tcp", Outcome::warn, false), "ice-tcp-stalls")}) == "xx xx");
  CHECK(media_of({session("media_udp", Outcome::fail, false), session("media_tcp", Outcome::fail, false)}) ==
        "xx xx");
}

TEST_CASE("the path to media is not plainly ok where LiveKit's own packets had to open it") {
  CheckResult punched = session("media_udp", Outcome::warn, true);
  punched.facts["hole_punching_needed"] = true;
  CHECK(media_of({punched, session("media_tcp", Outcome::pass, true)}) == "!! ok");
  punched.facts["hole_punching_needed"] = false;
  CHECK(media_of({punched, session("media_tcp", Outcome::pass, true)}) == "ok ok");
}

TEST_CASE("the path to media is not plainly ok where a part of the range is proven to be blocked") {
  CheckResult range = test::check_result("udp_range", "", Outcome::fail);
  range.facts["evidence"] = "two_sided";
  range.facts["intervals"] = OrderedJson::parse(R"([{"from": 20000, "to": 22499, "state": "blocked"},
                                             {"from": 22500, "to": 25000, "state": "open"}])");
  CHECK(media_of({session("media_udp", Outcome::pass, true), range,
                  session("media_tcp", Outcome::pass, true)}) == "!! ok");
}

TEST_CASE("TURN stands in the path where a session was tried through it") {
  const auto shown = [](std::vector<CheckResult> checks) {
    Report report = test::from_outside();
    report.checks = std::move(checks);
    report::TextStyle ascii;
    ascii.utf8 = false;
    const std::string picture = report::path_picture(report, ascii);
    std::string out;
    for (const std::string_view target : {"TURN over UDP", "TURN over TLS"}) {
      const std::size_t at = picture.find(target);
      if (at == std::string::npos) continue;
      out += picture.substr(at - 5, 2) + " " + std::string(target) + ";";
    }
    return out;
  };
  CHECK(shown({session("turn_udp", Outcome::warn, false), session("turn_tls", Outcome::pass, true)}) ==
        "xx TURN over UDP;ok TURN over TLS;");
  CHECK(shown({session("turn_udp", Outcome::unknown, false), session("turn_tls", Outcome::skip, Json())}) ==
        "?? TURN over UDP;");
}

TEST_CASE("a door of which only the name was looked up is not known to be open") {
  Report report = test::from_outside();
  report::TextStyle ascii;
  ascii.utf8 = false;
  const auto picture = [&] { return report::path_picture(report, ascii).substr(0, 16); };
  report.checks = {test::check_result("names_public", "", Outcome::pass)};
  CHECK(picture() ==
        "  browser --??"
        "--");
  report.checks.push_back(test::check_result("http_public", "", Outcome::pass));
  CHECK(picture() == "  browser --ok--");
}

TEST_CASE("a door that lets nobody in is the first leg") {
  Report report = test::from_outside();
  report::TextStyle ascii;
  ascii.utf8 = false;
  report.checks = {test::check_result("names_public", "", Outcome::pass),
                   raising(test::check_result("http_public", "", Outcome::fail), "endpoint-unreachable")};
  const std::string picture = report::path_picture(report, ascii);
  CHECK(picture.find("browser --xx-- ") != std::string::npos);
}

TEST_CASE("the path to media is not known where no session was held") {
  CHECK(media_of({}) == "?? ??");
  CHECK(media_of({session("media_udp", Outcome::skip, Json()),
                  session("media_tcp", Outcome::unknown, Json())}) == "?? ??");
}
