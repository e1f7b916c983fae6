// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lkdoctor::engine {

using CheckList = std::vector<std::unique_ptr<Check>>;
CheckList make_checks(std::span<const MakeCheck> table);

/// `--only` and `--skip`: check ids, groups or finding ids; globs.
struct Selection {
  std::vector<std::string> only, skip;
};

/// True if `id`, its group or one of `findings` is meant: named by `only` (or that is empty) and not by
/// `skip`.
bool is_selected(const Selection& selection, std::string_view id,
                 std::span<const FindingDef* const> findings = {});

struct PlannedCheck {
  const Check* check;
  std::optional<std::string> skip_reason;  ///< known before anything is contacted
  bool left_out = false;                   ///< by the selection: does not appear in the report at all
  bool alone = false;                      ///< nothing else may run beside it
};

/// Every check of the list, in an order in which facts are given before they are needed. A check that `only`
/// does not name runs nevertheless if one that it names needs its facts. No I/O.
std::vector<PlannedCheck> make_plan(const CheckList& checks, const Deployment& deployment,
                                    const Selection& selection);

/// The plan with a reason for every check that a run skips for want of a fact, even if each check that runs
/// gives all it can give. No I/O.
std::vector<PlannedCheck> foreseen(std::vector<PlannedCheck> plan);

}  // namespace lkdoctor::engine
