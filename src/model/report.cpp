// SPDX-License-Identifier: EUPL-1.2
#include "model/report.hpp"

#include <algorithm>

namespace lkdoctor {

std::string_view name_of(Outcome outcome) {
  constexpr std::array<std::string_view, 5> kNames{"pass", "warn", "fail", "skip", "unknown"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

std::string_view name_of(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames{"healthy", "degraded", "broken", "unknown"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Outcome outcome_of(const Judgement& judgement) {
  Severity worst = Severity::info;
  for (const Finding& finding : judgement.findings()) worst = std::max(worst, finding.severity);
  if (worst == Severity::failure) return Outcome::fail;
  if (judgement.unknown_reason()) return Outcome::unknown;
  if (worst == Severity::warning) return Outcome::warn;
  return judgement.skip_reason() ? Outcome::skip : Outcome::pass;
}

namespace {

bool is_missing(const CheckResult& check) {
  return check.must_have && (check.outcome == Outcome::unknown || check.outcome == Outcome::skip);
}

/// What was seen counts, whatever else of the same check could not be measured.
bool warns(const CheckResult& check) {
  return check.outcome == Outcome::warn ||
         (check.outcome == Outcome::unknown &&
          std::ranges::any_of(check.findings, [](const ReportedFinding& reported) {
            return reported.finding.severity == Severity::warning;
          }));
}

/// Without LiveKit's keys nothing is known of whether it starts.
bool files_are_unknown(const std::vector<CheckResult>& checks) {
  const bool files_only = std::ranges::all_of(checks, [](const CheckResult& check) {
    return check.group == "config" || check.outcome == Outcome::skip;
  });
  return files_only && std::ranges::any_of(checks, [](const CheckResult& check) {
           return check.id == "config_livekit" && check.outcome == Outcome::unknown;
         });
}

}  // namespace

Verdict verdict_of(const std::vector<CheckResult>& checks, bool must_have_missing) {
  const auto any = [&](Outcome outcome) {
    return std::ranges::any_of(checks, [&](const CheckResult& check) { return check.outcome == outcome; });
  };
  if (any(Outcome::fail)) return Verdict::broken;
  if (must_have_missing || std::ranges::any_of(checks, is_missing) || files_are_unknown(checks))
    return Verdict::unknown;
  if (std::ranges::any_of(checks, warns)) return Verdict::degraded;
  return any(Outcome::pass) ? Verdict::healthy : Verdict::unknown;
}

int exit_status(const Report& report, Severity fail_on) {
  switch (report.verdict) {
    case Verdict::broken:
      return 1;
    case Verdict::unknown:
      return 3;
    case Verdict::degraded:
      return fail_on == Severity::warning ? 2 : 0;
    case Verdict::healthy:
      return 0;
  }
  return 70;
}

}  // namespace lkdoctor
