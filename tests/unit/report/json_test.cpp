// SPDX-License-Identifier: EUPL-1.2
#include "report/json.hpp"

#include <doctest/doctest.h>

#include "diagnosis/diagnose.hpp"
#include "support/golden.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

constexpr report::Tool kTool{"1.2.3", "abcdef0"};

std::string rendered(Report report) {
  diagnosis::diagnose(report, {});
  return report::json(report, kTool);
}

}  // namespace

TEST_CASE("the JSON report has the contract's fields in the contract's order") {
  for (const auto& [name, report] :
       {std::pair{"documentation-examples.1.json", test::documentation_examples()},
        std::pair{"only-a-url.3.json", test::only_a_url()},
        std::pair{"upgrade-stripped.1.json", test::upgrade_stripped()}}) {
    const std::string json = rendered(report);
    CHECK(json == test::golden(name, json));
  }
}

TEST_CASE("an empty report is a whole document: unknown is null") {
  const OrderedJson document = report::document(Report{}, {"1.2.3", ""});
  CHECK(document.at("tool").at("revision").is_null());
  CHECK(document.at("target").at("name").is_null());
  CHECK(document.at("vantage").at("nat").is_null());
  CHECK(document.at("diagnoses").empty());
  CHECK(document.at("verdict") == "unknown");
}

TEST_CASE("a line of jsonl is one line") {
  const std::string line = report::jsonl(test::only_a_url(), kTool);
  CHECK(line.find('\n') == line.size() - 1);
}

TEST_CASE("times are ISO 8601 in UTC with milliseconds") {
  CHECK(report::iso_time(1'795'334'400'007) == "2026-11-22T08:00:00.007Z");
  CHECK(report::iso_time(0) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("bytes that are no UTF-8 do not break the document") {
  Report report = test::only_a_url();
  report.checks[0].facts["odd"] = "\xff\xfe";
  CHECK(OrderedJson::accept(report::json(report, kTool)));
}
