// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/findings.hpp>
#include <sstream>

#include "serve/metrics.hpp"
#include "support/sample_reports.hpp"

/// Targets as the board would show them, made by hand.
namespace lkdoctor::test {

inline constexpr const FindingDef* kTlsFindings[] = {&findings::tls_cert_expired,
                                                     &findings::tls_cert_expires_soon};
inline constexpr const FindingDef* kUpgradeFindings[] = {&findings::ws_upgrade_stripped,
                                                         &findings::session_start_stalls};
inline constexpr const FindingDef* kUdpFindings[] = {&findings::udp_range_filtered};
inline constexpr CheckInfo kFewChecks[] = {
    {.id = "api_key", .title = "", .findings = {}},
    {.id = "media_udp", .title = "", .findings = kUdpFindings},
    {.id = "signalling_upgrade", .title = "", .findings = kUpgradeFindings},
    {.id = "tls_public", .title = "", .findings = kTlsFindings},
};

inline serve::TargetView view_of(const Report& report) {
  serve::TargetView view;
  view.report = &report;
  for (const CheckInfo& info : kFewChecks) view.checks.push_back(&info);
  return view;
}

/// One diagnosis for a finding that the report holds.
inline void diagnose_as(Report& report, std::string_view id) {
  for (const CheckResult& check : report.checks) {
    for (const ReportedFinding& reported : check.findings) {
      if (reported.finding.id == id) report.diagnoses.push_back({reported.finding, {}});
    }
  }
}

/// The samples of a view, a line each, without `target`.
inline std::vector<std::string> samples_of(const serve::TargetView& view, serve::Metric metric) {
  serve::Block block;
  serve::write_target(view, block);
  std::istringstream in(std::string(block.samples(metric, serve::TextFormat::prometheus)));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

inline std::string sample_of(const serve::TargetView& view, serve::Metric metric) {
  const auto lines = samples_of(view, metric);
  return lines.size() == 1 ? lines.front() : std::to_string(lines.size()) + " samples";
}

}  // namespace lkdoctor::test
