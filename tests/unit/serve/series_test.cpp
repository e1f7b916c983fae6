// SPDX-License-Identifier: EUPL-1.2
// How many series a target can have, with the checks that there are.
#include <doctest/doctest.h>

#include "engine/plan.hpp"
#include "serve/metrics.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

/// Everything that any check can raise, each finding a root cause with another severity than its own.
Report worst_report(const engine::CheckList& checks) {
  Report report;
  for (const auto& check : checks) {
    CheckResult result;
    result.id = check->info().id;
    result.outcome = Outcome::fail;
    for (const FindingDef* definition : check->info().findings) {
      for (const Severity severity : {Severity::info, Severity::warning, Severity::failure}) {
        Finding finding(*definition, "203.0.113.9");
        finding.graded(severity);
        result.findings.push_back({finding, std::nullopt});
        report.diagnoses.push_back({finding, {}});
      }
    }
    report.checks.push_back(std::move(result));
  }
  return report;
}

}  // namespace

TEST_CASE("the worst report of all checks has no more than 600 series") {
  const auto checks = engine::make_checks(checks::table());
  const Report report = worst_report(checks);
  TargetView view;
  view.report = &report;
  for (const auto& check : checks) view.checks.push_back(&check->info());
  for (const FindingEntry& entry : finding_catalogue()) {
    view.gone.push_back({std::string(entry.definition->id), Severity::warning});
  }
  Block block("lk01");
  write_target(view, block);
  CHECK(block.series() <= kMostSeries);
  Block program;
  write_program({"0.1.0", "1234abc", true, 1}, program);
  CHECK(block.series() + program.series() <= kMostSeries);
}
