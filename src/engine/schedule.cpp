// SPDX-License-Identifier: EUPL-1.2
#include "engine/schedule.hpp"

#include <algorithm>

namespace lkdoctor::engine {
namespace {

bool gives(const CheckInfo& info, std::string_view fact) {
  return std::ranges::find(info.gives, fact) != info.gives.end();
}

}  // namespace

Schedule::Schedule(const std::vector<PlannedCheck>& plan)
    : plan_(plan), states_(plan.size(), State::waiting) {
  for (std::size_t check = 0; check < plan.size(); ++check) {
    if (plan[check].left_out || plan[check].skip_reason) states_[check] = State::ended;
  }
}

std::vector<std::size_t> Schedule::in(State state) const {
  std::vector<std::size_t> out;
  for (std::size_t check = 0; check < states_.size(); ++check) {
    if (states_[check] == state) out.push_back(check);
  }
  return out;
}

bool Schedule::finished() const {
  return std::ranges::all_of(states_, [](State state) { return state == State::ended; });
}

bool Schedule::may_come(std::string_view fact, std::size_t for_check) const {
  for (std::size_t other = 0; other < states_.size(); ++other) {
    if (other != for_check && states_[other] != State::ended && gives(info(other), fact)) return true;
  }
  return false;
}

bool Schedule::is_ready(std::size_t check) const {
  const auto there = [&](std::string_view fact) { return facts_.contains(fact); };
  const auto settled = [&](std::string_view fact) { return there(fact) || !may_come(fact, check); };
  return std::ranges::all_of(info(check).needs, there) && std::ranges::all_of(info(check).after, settled);
}

std::vector<std::size_t> Schedule::start() {
  std::vector<std::size_t> out;
  bool busy = false;
  for (const std::size_t check : running()) {
    busy = true;
    if (alone_ || plan_[check].alone) return out;
  }
  for (const std::size_t check : waiting()) {
    if (plan_[check].alone || !is_ready(check)) continue;
    if (alone_ && busy) return out;
    states_[check] = State::running;
    out.push_back(check);
    busy = true;
  }
  if (busy) return out;
  for (const std::size_t check : waiting()) {
    if (!is_ready(check)) continue;
    states_[check] = State::running;
    return {check};
  }
  return out;
}

const std::string_view* Schedule::missing(std::size_t check) const {
  for (const std::string_view& fact : info(check).needs) {
    if (!facts_.contains(fact) && !may_come(fact, check)) return &fact;
  }
  return nullptr;
}

std::string Schedule::reason_for(std::string_view fact) const {
  std::string givers, absent;
  for (const PlannedCheck& planned : plan_) {
    if (!gives(planned.check->info(), fact)) continue;
    std::string& list = planned.left_out ? absent : givers;
    list += (list.empty() ? "" : " or ") + std::string(planned.check->info().id);
  }
  const std::string needs = "needs " + std::string(fact);
  if (!givers.empty()) return needs + ", which " + givers + " should have given";
  if (!absent.empty()) return needs + ", which " + absent + " gives; that check is left out of this run";
  return needs + ", which no check gives";
}

std::vector<Schedule::Skip> Schedule::give_up() {
  std::vector<Skip> out;
  const auto skip = [&](std::size_t check, std::string_view fact) {
    states_[check] = State::ended;
    out.push_back({check, reason_for(fact)});
  };
  for (std::size_t before = out.size() + 1; before != out.size();) {
    before = out.size();
    for (const std::size_t check : waiting()) {
      if (const std::string_view* fact = missing(check)) skip(check, *fact);
    }
  }
  if (!running().empty()) return out;
  const auto left = waiting();
  if (std::ranges::any_of(left, [&](std::size_t check) { return is_ready(check); })) return out;
  // What is left waits for each other in a circle.
  for (const std::size_t check : left) {
    const auto& needs = info(check).needs;
    const auto absent =
        std::ranges::find_if(needs, [&](std::string_view fact) { return !facts_.contains(fact); });
    skip(check, absent == needs.end() ? info(check).after.front() : *absent);
  }
  return out;
}

std::vector<PlannedCheck> foreseen(std::vector<PlannedCheck> plan) {
  Schedule schedule(plan);
  std::vector<Schedule::Skip> skips;
  while (!schedule.finished()) {
    for (Schedule::Skip& skip : schedule.give_up()) skips.push_back(std::move(skip));
    for (const std::size_t check : schedule.start()) {
      for (const std::string_view fact : plan[check].check->info().gives)
        schedule.published(std::string(fact));
      schedule.ended(check);
    }
  }
  for (Schedule::Skip& skip : skips) plan[skip.check].skip_reason = std::move(skip.reason);
  return plan;
}

}  // namespace lkdoctor::engine
