// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/report.hpp"
#include "serve/exposition.hpp"

namespace lkdoctor::serve {

/// A root cause as its metric names it.
struct CauseLabel {
  std::string finding;
  Severity severity = Severity::failure;
  friend auto operator<=>(const CauseLabel&, const CauseLabel&) = default;
};

/// What runs of a target have added up to since the start.
struct Totals {
  std::uint64_t runs = 0, unhealthy = 0, rooms = 0, joins = 0, requests = 0, unauthorized = 0;
  std::string last_run, last_unhealthy_run;  ///< ids; "" before the first
  std::int64_t last_run_ms = 0, last_unhealthy_run_ms = 0;
};

/// Everything that a target's metrics say.
struct TargetView {
  const Report* report = nullptr;                      ///< null: no run has ended
  std::vector<const CheckInfo*> checks;                ///< of the target's module, sorted by id
  std::map<std::string, std::int64_t> check_ended_ms;  ///< wall clock, by check; absent: it has not run
  std::vector<CauseLabel> gone;                        ///< root causes of earlier runs
  std::int64_t verdict_since_ms = 0;                   ///< 0: not known
  bool stale = false;
  Totals totals;
};

/// At most so many root causes have a series; the gravest and then the latest stay.
inline constexpr std::size_t kMostCauses = 60;
/// Contract §5.
inline constexpr std::size_t kMostSeries = 600;

/// Writes the metrics of one target. Pure. Which series there are depends on `checks` alone, but for `gone`
/// and the severity of what was found. Labels come from closed sets: ids, states, names of stages.
void write_target(const TargetView& view, Block& block);

/// Of the program itself.
struct ProgramView {
  std::string version, revision;
  bool reload_successful = true;
  std::int64_t reloaded_ms = 0;
};
void write_program(const ProgramView& view, Block& block);

}  // namespace lkdoctor::serve
