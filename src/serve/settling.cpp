// SPDX-License-Identifier: EUPL-1.2
#include "serve/settling.hpp"

#include <algorithm>

namespace lkdoctor::serve {
namespace {

/// Subjects and values differ from run to run and make no other state.
std::string state_of(const CheckResult& check) {
  std::set<std::string> ids;
  for (const ReportedFinding& reported : check.findings) {
    if (reported.finding.severity != Severity::info) ids.insert(reported.finding.id);
  }
  std::string out(name_of(check.outcome));
  for (const std::string& id : ids) out += " " + id;
  return out;
}

bool is_good(const CheckResult& check) {
  return check.outcome == Outcome::pass || check.outcome == Outcome::skip;
}

}  // namespace

bool Settling::has_lasted(State& state, std::string now, bool ran, bool good) {
  if (now != state.seen) {
    if (!state.seen.empty()) ++state.flips;
    state.seen = std::move(now);
    state.runs = 0;
  }
  if (ran) ++state.runs;
  if (state.runs >= runs_ || (state.told.empty() && good)) state.told = state.seen;
  return state.told == state.seen;
}

bool Settling::take(const Report& report, const std::set<std::string>& ran) {
  bool all = true;
  flips_ = 0;
  std::map<std::string, State> kept;
  for (const CheckResult& check : report.checks) {
    State& state = kept[check.id];
    if (const auto known = states_.find(check.id); known != states_.end()) state = std::move(known->second);
    const bool lasted = has_lasted(state, state_of(check), ran.contains(check.id), is_good(check));
    all = all && lasted;
    flips_ = std::max(flips_, state.flips);
  }
  states_ = std::move(kept);
  if (!all) return false;
  flips_ = 0;
  for (auto& [id, state] : states_) state.flips = 0;
  return true;
}

std::set<std::string> Settling::doubted() const {
  std::set<std::string> out;
  for (const auto& [check, state] : states_) {
    if (state.told != state.seen) out.insert(check);
  }
  return out;
}

}  // namespace lkdoctor::serve
