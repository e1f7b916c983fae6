// SPDX-License-Identifier: EUPL-1.2
#include "cli/run.hpp"

#include <cstdio>

#include "engine/collect.hpp"
#include "engine/judge.hpp"

namespace lkdoctor::cli {

int run(int, char**, std::span<const MakeCheck> table) {
  const engine::CheckList checks = engine::make_checks(table);
  const Deployment deployment;
  const auto plan = engine::make_plan(checks, deployment, {});
  const Report report = engine::judge(checks, engine::collect(plan, deployment, {}), deployment);
  for (const CheckResult& check : report.checks) {
    std::printf("%s %s\n", check.id.c_str(), std::string(name_of(check.outcome)).c_str());
  }
  return exit_status(report, Severity::failure);
}

}  // namespace lkdoctor::cli
