// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving_load.hpp"

#include <algorithm>
#include <map>

#include "serve/sparing.hpp"

namespace lkdoctor::cli {
namespace {

/// What one run of a check causes at a LiveKit in order: what `side_effects` of its report says. Answers 401
/// come from runs alone that may be refused.
struct Cost {
  std::string_view check;
  int joins, rooms, unauthorized;
};
constexpr Cost kCosts[] = {
    {"signalling_public", 0, 0, 2}, {"signalling_join", 1, 1, 0}, {"signalling_service", 0, 0, 1},
    {"media_data", 1, 1, 0},        {"media_loop", 2, 1, 0},      {"media_mtu", 1, 1, 0},
    {"media_tcp", 1, 1, 0},         {"media_udp", 4, 4, 0},       {"turn_tls", 2, 2, 0},
    {"turn_udp", 2, 2, 0},
};
constexpr int kThoroughSessions = 48;  // of media_udp
constexpr double kHour = 3'600'000;    // ms

/// LiveKit's file tells; without it there may be one.
bool may_have_turn(const Deployment& deployment) {
  return !deployment.livekit || deployment.livekit->turn.enabled || !deployment.livekit->turn_servers.empty();
}

Cost cost_of(const CheckInfo& info, const Deployment& deployment) {
  const auto found = std::ranges::find(kCosts, info.id, &Cost::check);
  Cost cost = found == std::end(kCosts) ? Cost{info.id, 0, 0, 0} : *found;
  if (deployment.run.passive || (info.group() == "turn" && !may_have_turn(deployment))) {
    cost.joins = cost.rooms = 0;
  } else if (info.id == "media_udp" && deployment.run.thorough) {
    cost.joins = cost.rooms = kThoroughSessions;
  }
  return cost;
}

/// One an hour may be refused; what has nothing else to do is, each time.
double refused_runs(const Schedule& schedule, const Schedule::Entry& entry) {
  const Milliseconds every = schedule.spares ? schedule.entries.front().every : entry.every;
  const double runs = kHour / static_cast<double>(every.count());
  return schedule.spares ? std::min(runs, 1.0) : runs;
}

}  // namespace

Schedule schedule_of(const serve::Target& target, const engine::CheckList& checks) {
  Schedule out;
  out.spares = !std::ranges::all_of(target.module.lanes.front().checks, serve::lives_on_refusals);
  std::map<std::string_view, std::string> left_out;
  // A slot of a rare lane is one of the more frequent lanes, too: what several lanes need runs as often as
  // the most frequent of them.
  for (const serve::Lane& lane : target.module.lanes) {
    const engine::Selection selection{lane.checks, target.loaded.output.skip};
    for (const auto& planned :
         engine::foreseen(engine::make_plan(checks, target.loaded.deployment, selection))) {
      const CheckInfo& info = planned.check->info();
      if (planned.left_out) continue;
      if (planned.skip_reason) {
        left_out.emplace(info.id, *planned.skip_reason);
      } else if (std::ranges::find(out.entries, &info, &Schedule::Entry::check) == out.entries.end()) {
        out.entries.push_back({&info, lane.every});
      }
    }
  }
  for (auto& [check, reason] : left_out) out.left_out.push_back({std::string(check), std::move(reason)});
  return out;
}

HourlyLoad& HourlyLoad::operator+=(const HourlyLoad& other) {
  joins += other.joins;
  rooms += other.rooms;
  unauthorized += other.unauthorized;
  return *this;
}

HourlyLoad load_of(const Schedule& schedule, const Deployment& deployment) {
  HourlyLoad out;
  for (const Schedule::Entry& entry : schedule.entries) {
    const Cost cost = cost_of(*entry.check, deployment);
    const double runs = kHour / static_cast<double>(entry.every.count());
    out += {runs * cost.joins, runs * cost.rooms, refused_runs(schedule, entry) * cost.unauthorized};
  }
  return out;
}

}  // namespace lkdoctor::cli
