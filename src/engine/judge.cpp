// SPDX-License-Identifier: EUPL-1.2
#include "engine/judge.hpp"

#include <algorithm>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/text.hpp>

#include "engine/contract_facts.hpp"
#include "engine/must_have.hpp"
#include "engine/vantage.hpp"
#include "model/settings.hpp"

namespace lkdoctor::engine {
namespace {

CheckResult named(const CheckInfo& info, const Deployment& deployment) {
  CheckResult result;
  result.id = info.id;
  result.group = info.group();
  result.title = info.title;
  result.must_have = demands(info, deployment);
  return result;
}

const Suppression* suppression_of(const Finding& finding, const RunSettings& run) {
  for (const Suppression& one : run.suppressions) {
    if (matches_glob(one.id, finding.id) &&
        (one.subject.empty() || matches_glob(one.subject, finding.subject))) {
      return &one;
    }
  }
  return nullptr;
}

/// The judgement without what the operator has accepted; that is listed apart.
Judgement without_suppressed(const Judgement& judgement, const RunSettings& run, Report& report) {
  Judgement kept;
  for (const auto& [key, value] : judgement.facts().items()) kept.fact(key, value);
  if (judgement.unknown_reason()) kept.could_not_tell(*judgement.unknown_reason());
  if (judgement.skip_reason()) kept.skip(*judgement.skip_reason());
  for (const auto& item : judgement.untested()) kept.not_tested(item.what, item.reason, item.how);
  for (const Finding& finding : judgement.findings()) {
    if (const Suppression* hidden = suppression_of(finding, run)) {
      report.suppressed.push_back({finding.id, hidden->reason, hidden->expires});
    } else {
      kept.raise(finding);
    }
  }
  return kept;
}

CheckResult judged(const Check& check, const Collected& collected, const Facts& facts,
                   const Deployment& deployment, Report& report) {
  CheckResult result = named(check.info(), deployment);
  result.duration = collected.took;
  result.phases = collected.phases;
  result.log = collected.log;
  if (!collected.observation) {
    result.reason = collected.failure;
    return result;
  }
  Judgement whole;
  try {
    check.judge_json(*collected.observation, facts, deployment, whole);
  } catch (const std::exception& error) {
    result.reason = std::string("could not be judged: ") + error.what();
    return result;
  }
  const Judgement judgement = without_suppressed(whole, deployment.run, report);
  result.outcome = outcome_of(judgement);
  if (result.outcome == Outcome::unknown) result.reason = judgement.unknown_reason();
  if (result.outcome == Outcome::skip) result.reason = judgement.skip_reason();
  result.facts = judgement.facts();
  for (const Finding& finding : judgement.findings()) result.findings.push_back({finding, std::nullopt});
  for (const auto& untested : judgement.untested()) {
    report.not_tested.push_back({untested.what, untested.reason, untested.how});
  }
  return result;
}

/// Ran for its facts alone and gave them: nobody asked for its own result.
bool only_served(const CheckInfo& info, const Recording& recording) {
  if (info.gives.empty() || is_selected({recording.only, recording.skip}, info.id, info.findings))
    return false;
  return std::ranges::all_of(
      info.gives, [&](std::string_view fact) { return recording.facts.contains(std::string(fact)); });
}

}  // namespace

Report judge(const CheckList& checks, const Recording& recording, const Deployment& planned) {
  Report report;
  Facts facts;
  for (const auto& [name, value] : recording.facts) facts.set(name, value);
  Deployment deployment = planned;
  settle_after(deployment, facts, recording.local_addresses);
  for (const auto& check : checks) {
    const std::string id(check->info().id);
    if (only_served(check->info(), recording)) continue;
    if (const auto skipped = recording.skipped.find(id); skipped != recording.skipped.end()) {
      CheckResult result = named(check->info(), deployment);
      result.outcome = Outcome::skip;
      result.reason = skipped->second;
      report.checks.push_back(std::move(result));
    } else if (const auto found = recording.collected.find(id); found != recording.collected.end()) {
      report.checks.push_back(judged(*check, found->second, facts, deployment, report));
    } else {
      continue;
    }
    CheckResult& ended = report.checks.back();
    ended.facts = with_promised_facts(id, std::move(ended.facts));
  }
  report.started_ms = recording.started_ms;
  report.duration = recording.duration;
  report.side_effects = recording.side_effects;
  report.asked_responder = deployment.run.carried.has_value();
  report.why_not_carried = why_not_carried(deployment);
  report.audience = deployment.run.audience;
  report.audience_declared = deployment.run.audience_declared;
  report.target = deployment.name;
  report.notes = deployment.notes;
  if (std::string note = audience_note(deployment, facts); !note.empty())
    report.notes.push_back(std::move(note));
  report.vantage = vantage_view(deployment, recording);
  report.settings = settings_of(deployment);
  const auto missing = unrecorded(checks, recording, deployment);
  report.not_tested.insert(report.not_tested.end(), missing.begin(), missing.end());
  demand_range(report.checks, facts, deployment, recording);
  report.verdict = verdict_of(report.checks, !missing.empty());
  return report;
}

}  // namespace lkdoctor::engine
