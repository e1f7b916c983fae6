// SPDX-License-Identifier: EUPL-1.2
#include "engine/plan.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::engine {

CheckList make_checks(std::span<const MakeCheck> table) {
  CheckList checks;
  for (const MakeCheck make : table) checks.push_back(make());
  return checks;
}

namespace {

bool named(const std::vector<std::string>& patterns, std::string_view id,
           std::span<const FindingDef* const> findings) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    if (matches_glob(pattern, id) || matches_glob(pattern, id.substr(0, id.find('_')))) return true;
    return std::ranges::any_of(findings,
                               [&](const FindingDef* finding) { return matches_glob(pattern, finding->id); });
  });
}

/// True if `later` waits for something that `earlier` gives.
bool waits_for(const CheckInfo& later, const CheckInfo& earlier) {
  const auto given = [&](std::string_view fact) {
    return std::ranges::find(earlier.gives, fact) != earlier.gives.end();
  };
  return std::ranges::any_of(later.needs, given) || std::ranges::any_of(later.after, given);
}

bool contains(std::span<const std::string_view> facts, std::string_view fact) {
  return std::ranges::find(facts, fact) != facts.end();
}

/// A fact that some check cannot start without: what else waits for it measures nothing without it either.
bool is_foundation(const std::vector<PlannedCheck>& plan, std::string_view fact) {
  return std::ranges::any_of(
      plan, [&](const PlannedCheck& planned) { return contains(planned.check->info().needs, fact); });
}

bool wants(const PlannedCheck& planned, std::string_view fact, const std::vector<PlannedCheck>& plan) {
  if (planned.left_out || planned.skip_reason) return false;
  const CheckInfo& info = planned.check->info();
  return contains(info.needs, fact) || (contains(info.after, fact) && is_foundation(plan, fact));
}

/// `--only tls` runs the check that gives the addresses, too; what `--skip` names stays out.
void carry_givers(std::vector<PlannedCheck>& plan, const Selection& selection) {
  if (selection.only.empty()) return;
  for (bool again = true; again;) {
    again = false;
    for (PlannedCheck& giver : plan) {
      const CheckInfo& info = giver.check->info();
      if (!giver.left_out || giver.skip_reason || named(selection.skip, info.id, info.findings)) continue;
      const bool wanted = std::ranges::any_of(info.gives, [&](std::string_view fact) {
        return std::ranges::any_of(plan, [&](const PlannedCheck& other) { return wants(other, fact, plan); });
      });
      if (!wanted) continue;
      giver.left_out = false;
      again = true;
    }
  }
}

/// Stable topological order; what is left of a cycle keeps its place.
std::vector<PlannedCheck> ordered(std::vector<PlannedCheck> pending) {
  std::vector<PlannedCheck> out;
  while (!pending.empty()) {
    auto next = std::ranges::find_if(pending, [&](const PlannedCheck& candidate) {
      return std::ranges::none_of(pending, [&](const PlannedCheck& other) {
        return other.check != candidate.check && waits_for(candidate.check->info(), other.check->info());
      });
    });
    if (next == pending.end()) next = pending.begin();
    out.push_back(*next);
    pending.erase(next);
  }
  return out;
}

}  // namespace

bool is_selected(const Selection& selection, std::string_view id,
                 std::span<const FindingDef* const> findings) {
  return (selection.only.empty() || named(selection.only, id, findings)) &&
         !named(selection.skip, id, findings);
}

std::vector<PlannedCheck> make_plan(const CheckList& checks, const Deployment& deployment,
                                    const Selection& selection) {
  std::vector<PlannedCheck> plan;
  for (const auto& check : checks) {
    const CheckInfo& info = check->info();
    PlannedCheck planned{check.get(), std::nullopt, false};
    planned.left_out = !is_selected(selection, info.id, info.findings);
    const Vantage vantage = deployment.run.vantage;
    if (vantage != Vantage::automatic && !info.vantages.has(vantage)) {
      planned.skip_reason = "does not apply where this run stands (" + std::string(name_of(vantage)) + ")";
    } else if (deployment.run.passive && info.side_effect != SideEffect::none && !info.works_passively) {
      planned.skip_reason = "would join a room: --passive";
    } else if (info.side_effect == SideEffect::api && !deployment.run.allow_side_effects) {
      planned.skip_reason = "creates and deletes a room: needs --allow-side-effects";
    } else {
      planned.skip_reason = check->skip_reason(deployment);
      planned.alone = check->runs_alone(deployment);
    }
    plan.push_back(planned);
  }
  carry_givers(plan, selection);
  return ordered(std::move(plan));
}

}  // namespace lkdoctor::engine
