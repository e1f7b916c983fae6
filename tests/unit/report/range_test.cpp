// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include "report/text.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

Report swept(const OrderedJson& intervals, std::string_view evidence = "two_sided") {
  Report report;
  CheckResult& check = report.checks.emplace_back(test::check_result("udp_range", "udp", Outcome::warn));
  check.facts["evidence"] = evidence;
  check.facts["intervals"] = intervals;
  return report;
}

report::TextStyle wide() {
  report::TextStyle style;
  style.utf8 = true;
  return style;
}

}  // namespace

TEST_CASE("the strip of the UDP range shows a closed part where it lies") {
  const Report report = swept({{{"from", 20000}, {"to", 21999}, {"state", "open"}},
                               {{"from", 22000}, {"to", 22999}, {"state", "blocked"}},
                               {{"from", 23000}, {"to", 25000}, {"state", "open"}}});
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 20000 ████████████████████░░░░░░░░░░████████████████████ 25000    █ open  ░ blocked\n");
}

TEST_CASE("a cell of which some ports are closed looks neither open nor closed, with and without UTF-8") {
  const Report report = swept({{{"from", 20000}, {"to", 21949}, {"state", "open"}},
                               {{"from", 21950}, {"to", 22099}, {"state", "blocked"}},
                               {{"from", 22100}, {"to", 24850}, {"state", "open"}},
                               {{"from", 24851}, {"to", 24851}, {"state", "in_use"}},
                               {{"from", 24852}, {"to", 24999}, {"state", "open"}}});
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 20000 ███████████████████▄░███████████████████████████▄█ 24999    █ open  ▄ in part blocked  "
        "░ blocked  ▄ in part in use, untested\n");
  report::TextStyle plain = wide();
  plain.utf8 = false;
  CHECK(report::range_strip(report, plain) ==
        "  UDP 20000 ###################+.###########################+# 24999    # open  + in part blocked  "
        ". blocked  + in part in use, untested\n");
}

TEST_CASE("ports between two ranges are of neither, and a cell beside them is no partly closed one") {
  const Report report = swept({{{"from", 20000}, {"to", 20009}, {"state", "open"}},
                               {{"from", 20090}, {"to", 20199}, {"state", "blocked"}}});
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 20000 ███                   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 20199    █ open  ░ blocked\n");
}

TEST_CASE("a short range has a cell for each port, and without UTF-8 other signs") {
  const Report report = swept({{{"from", 7882}, {"to", 7883}, {"state", "open"}},
                               {{"from", 7884}, {"to", 7884}, {"state", "in_use"}}});
  report::TextStyle plain = wide();
  plain.utf8 = false;
  CHECK(report::range_strip(report, plain) == "  UDP 7882 ##% 7884    # open  % in use, untested\n");
}

TEST_CASE("loss that closes no port is told beside the strip, and next to none is not") {
  Report report = swept({{{"from", 20000}, {"to", 20001}, {"state", "open"}}});
  report.checks.front().facts["loss_ratio"] = 0.0497;
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 20000 ██ 20001    █ open   5.0 % of probes to open ports lost\n");
  report.checks.front().facts["loss_ratio"] = 0.001;
  CHECK(report::range_strip(report, wide()) == "  UDP 20000 ██ 20001    █ open\n");
}

TEST_CASE("where several addresses were swept, the strip says at which one it is not open") {
  const OrderedJson both{"198.51.100.23", "198.51.100.24"};
  const Report report =
      swept({{{"from", 20000}, {"to", 21999}, {"state", "open"}, {"addresses", both}},
             {{"from", 22000}, {"to", 25000}, {"state", "blocked"}, {"addresses", {both[1]}}}});
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 20000 ████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 25000    █ open  ░ blocked at "
        "198.51.100.24\n");
}

TEST_CASE("a port whose number is changed on the way is not drawn as open, nor as silent") {
  const Report report = swept({{{"from", 7882}, {"to", 7883}, {"state", "blocked"}, {"why", "rewritten"}},
                               {{"from", 7884}, {"to", 7884}, {"state", "blocked"}},
                               {{"from", 7885}, {"to", 7885}, {"state", "open"}}});
  CHECK(report::range_strip(report, wide()) ==
        "  UDP 7882 ▓▓░█ 7885    ▓ arrives at another port  ░ blocked  █ open\n");
}

TEST_CASE("what sessions saw of a few ports is no strip") {
  CHECK(
      report::range_strip(swept({{{"from", 20000}, {"to", 25000}, {"state", "untested"}}}, "session"), wide())
          .empty());
}
