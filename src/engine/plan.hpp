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

struct PlannedCheck {
  const Check* check;
  std::optional<std::string> skip_reason;  ///< known before anything is contacted
  bool left_out = false;                   ///< by the selection: does not appear in the report at all
};

/// Every check of the list, in an order in which facts are given before they are needed. No I/O.
std::vector<PlannedCheck> make_plan(const CheckList& checks, const Deployment& deployment,
                                    const Selection& selection);

}  // namespace lkdoctor::engine
