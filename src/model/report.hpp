// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/finding.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor {

/// How one check ended. `unknown` could not tell and never counts as healthy.
enum class Outcome { pass, warn, fail, skip, unknown };
std::string_view name_of(Outcome outcome);

enum class Verdict { healthy, degraded, broken, unknown };
std::string_view name_of(Verdict verdict);

struct Phase {
  std::string name;
  Microseconds took{0};
};
LKDOCTOR_JSON(Phase, name, took)

/// What this run caused at the deployment.
struct SideEffects {
  int rooms = 0, joins = 0, requests = 0, unauthorized = 0;
};
LKDOCTOR_JSON(SideEffects, rooms, joins, requests, unauthorized)

/// A finding in a report; `explained_by` is the id of the diagnosis it is folded under.
struct ReportedFinding {
  Finding finding;
  std::optional<std::string> explained_by;
};

struct CheckResult {
  std::string id, group, title;
  Outcome outcome = Outcome::unknown;
  std::optional<std::string> reason;  ///< of skip and unknown
  Microseconds duration{0};
  std::vector<Phase> phases;
  std::vector<ReportedFinding> findings;
  OrderedJson facts = OrderedJson::object();
  std::vector<std::string> log;
  bool must_have = false;  ///< at this run's vantage
};

/// A root cause: one finding and the ids of those it explains.
struct Diagnosis {
  Finding finding;
  std::vector<std::string> explains;
};

struct Setting {
  std::string key, value;  ///< secrets masked
  Origin origin;
};

struct NotTested {
  std::string what, reason, how;
};

/// A finding that the operator chose not to hear of, until `expires` (ISO date; empty: for good).
struct Suppressed {
  std::string id, reason, expires;
};

struct VantageView {
  Vantage kind = Vantage::automatic;
  bool declared = false;
  std::string reason, host, nat;
  std::vector<std::string> addresses, external_addresses;
};

struct Report {
  std::int64_t started_ms = 0;  ///< wall clock, milliseconds since 1970
  Microseconds duration{0};
  Audience audience = Audience::automatic;
  bool audience_declared = false;
  std::vector<NotTested> not_tested;
  SideEffects side_effects;
  bool asked_responder = false;  ///< for a session
  std::string why_not_carried;  ///< "responder … carries no session (…)"; empty: it does, or was not asked
  std::string rooms_stay = "within 20 s";  ///< "left behind: 9 rooms, gone by themselves …"
  VantageView vantage;
  std::string target;
  std::vector<Setting> settings;
  Verdict verdict = Verdict::unknown;
  std::string summary;
  std::vector<Diagnosis> diagnoses;
  std::vector<CheckResult> checks;
  std::vector<Suppressed> suppressed;
  std::vector<std::string> notes;
  std::size_t redactions = 0;
};

/// Worst finding decides; no finding: pass, unless the judge could not tell or had nothing to judge.
Outcome outcome_of(const Judgement& judgement);

/// Contract §3: a failure is broken; else a missing must-have is unknown; else a warning is degraded. Where
/// no check measured anything the verdict is unknown too. `must_have_missing`: one that
/// the recording says nothing of.
Verdict verdict_of(const std::vector<CheckResult>& checks, bool must_have_missing = false);

/// Contract §2: 1, 3, 2 or 0.
int exit_status(const Report& report, Severity fail_on);

}  // namespace lkdoctor
