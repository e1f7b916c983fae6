// SPDX-License-Identifier: EUPL-1.2
#include "serve/agenda.hpp"

#include <algorithm>

namespace lkdoctor::serve {
namespace {

constexpr Milliseconds kApart{100};  ///< first runs of several targets
/// Whoever asks later than this was stopped (SIGSTOP, a suspended machine) or overloaded.
constexpr Milliseconds kPause{2'000};
constexpr std::chrono::hours kHour{1};
constexpr std::size_t kMostMadeSure = 6;

/// FNV-1a, then the finalizer of splitmix64: names that differ in one letter end far apart.
std::uint64_t mixed(std::uint64_t seed, std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325 ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31U);
}

Milliseconds part_of(Milliseconds span, double share) {
  return Milliseconds(static_cast<std::int64_t>(static_cast<double>(span.count()) * share));
}

/// Within what time the first runs of so many targets start.
Milliseconds span_of_first(const Appointment& what, std::size_t targets) {
  return std::min(what.lanes.front().every, kApart * static_cast<std::int64_t>(targets - 1));
}

}  // namespace

Agenda::Agenda(std::uint64_t seed, std::size_t joins_at_once) : seed_(seed), joins_at_once_(joins_at_once) {}

/// 0 to below 1.
double Agenda::share(std::string_view target, std::string_view purpose) const {
  constexpr double kRange = 9007199254740992.0;  // 2^53
  return static_cast<double>(mixed(mixed(seed_, target), purpose) >> 11U) / kRange;
}

Agenda::Entry Agenda::entry_for(Appointment what, std::size_t among, Clock::time_point now) const {
  Entry entry{std::move(what), {}, false, {}, std::nullopt};
  const std::string& name = entry.what.target;
  const Milliseconds frequent = entry.what.lanes.front().every;
  const Clock::time_point first = now + part_of(span_of_first(entry.what, among), share(name, "first"));
  Milliseconds below{0}, offset = part_of(frequent, share(name, "slot"));
  for (const Lane& lane : entry.what.lanes) {
    if (below.count() > 0) {
      const std::int64_t choices = lane.every / below;
      const double pick = share(name, std::to_string(lane.every.count()));
      offset += below * static_cast<std::int64_t>(static_cast<double>(choices) * pick);
    }
    entry.slots.push_back({offset, first});
    below = lane.every;
  }
  return entry;
}

void Agenda::appoint(std::vector<Appointment> targets, Clock::time_point now) {
  if (!origin_) origin_ = now;
  std::map<std::string, Entry, std::less<>> kept;
  std::vector<Appointment> fresh;
  for (Appointment& target : targets) {
    const auto known = entries_.find(target.target);
    if (known != entries_.end() && known->second.what == target) {
      kept.emplace(target.target, std::move(known->second));
    } else {
      fresh.push_back(std::move(target));
    }
  }
  const std::size_t among = fresh.size();
  for (Appointment& target : fresh) {
    std::string name = target.target;
    kept.insert_or_assign(std::move(name), entry_for(std::move(target), among, now));
  }
  entries_ = std::move(kept);
  promised_ = next();
}

/// The lane's first slot that is at least half an interval after this start.
Clock::time_point Agenda::following(const Entry& entry, std::size_t lane, Clock::time_point start) const {
  const Milliseconds every = entry.what.lanes[lane].every;
  const Clock::time_point least = start + every / 2, zero = *origin_ + entry.slots[lane].offset;
  if (least <= zero) return zero;
  const auto count = (least - zero + every - Clock::duration(1)) / every;
  return zero + every * count;
}

bool Agenda::is_free(const std::string& livekit) const {
  const auto holders = joining_.find(livekit);
  return holders == joining_.end() || holders->second < joins_at_once_;
}

/// Another target joins at its LiveKit: the end of that run is what it waits for.
bool Agenda::waits(const Entry& entry, std::size_t lane) const {
  return entry.what.lanes[lane].joins && !is_free(entry.what.livekit);
}

/// nullopt: something must end first.
std::optional<Clock::time_point> Agenda::earliest(const Entry& entry) const {
  if (running_.contains(entry.what.target)) return std::nullopt;
  std::optional<Clock::time_point> out;
  for (std::size_t lane = 0; lane < entry.slots.size(); ++lane) {
    if (waits(entry, lane)) continue;
    const Clock::time_point next = entry.slots[lane].next;
    out = out ? std::min(*out, next) : next;
  }
  return out;
}

std::optional<Clock::time_point> Agenda::next() const {
  std::optional<Clock::time_point> out;
  for (const auto& [name, entry] : entries_) {
    const auto its = earliest(entry);
    if (its && (!out || *its < *out)) out = its;
  }
  return out;
}

/// Nobody asked when it was time, and now everything is due at once. What was missed starts one target after
/// another, within an interval.
void Agenda::spread_after_pause(Clock::time_point now) {
  if (!promised_ || *promised_ + kPause > now) return;
  for (auto& [name, entry] : entries_) {
    const Clock::time_point when =
        now + part_of(span_of_first(entry.what, entries_.size()), share(name, "pause"));
    for (Slot& slot : entry.slots) {
      if (slot.next <= now) slot.next = when;
    }
  }
}

std::optional<DueRun> Agenda::start(Entry& entry, Clock::time_point now) {
  DueRun run{entry.what.target, {}, false, !entry.refused_until || *entry.refused_until <= now};
  const bool everything = run.refusals || entry.everything;
  const Clock::time_point soon = now + entry.what.lanes.front().every / 2;
  for (std::size_t lane = 0; lane < entry.slots.size(); ++lane) {
    Slot& slot = entry.slots[lane];
    if (!everything && slot.next > soon) continue;
    if (waits(entry, lane)) {
      slot.next = std::min(slot.next, now);
      continue;
    }
    const Lane& its = entry.what.lanes[lane];
    run.checks.insert(run.checks.end(), its.checks.begin(), its.checks.end());
    run.joins = run.joins || its.joins;
    slot.next = following(entry, lane, now);
  }
  if (run.checks.empty()) return std::nullopt;
  std::ranges::sort(run.checks);
  entry.everything = false;
  if (run.joins) ++joining_[entry.what.livekit];
  running_[entry.what.target] = {run.joins ? entry.what.livekit : "", run.joins, run.refusals};
  return run;
}

std::vector<DueRun> Agenda::due(Clock::time_point now) {
  spread_after_pause(now);
  std::vector<std::pair<Clock::time_point, Entry*>> ready;
  for (auto& [name, entry] : entries_) {
    const auto its = earliest(entry);
    if (its && *its <= now) ready.emplace_back(*its, &entry);
  }
  // Who has waited longest for its LiveKit is the next to join.
  std::ranges::stable_sort(ready, {}, [](const auto& one) { return one.first; });
  std::vector<DueRun> out;
  for (const auto& [when, entry] : ready) {
    if (auto run = start(*entry, now)) out.push_back(std::move(*run));
  }
  promised_ = next();
  return out;
}

std::optional<DueRun> Agenda::start_now(std::string_view target, const std::vector<Lane>& lanes) {
  if (!entries_.contains(target) || running_.contains(target)) return std::nullopt;
  DueRun run{std::string(target), {}, false, false};
  for (const Lane& lane : lanes) {
    if (!lane.joins) run.checks.insert(run.checks.end(), lane.checks.begin(), lane.checks.end());
  }
  if (run.checks.empty()) return std::nullopt;
  std::ranges::sort(run.checks);
  running_[run.target] = {};
  return run;
}

void Agenda::ended(const std::string& target, Clock::time_point now) {
  const auto running = running_.find(target);
  if (running == running_.end()) return;
  const auto known = entries_.find(target);
  if (running->second.refusals && known != entries_.end()) known->second.refused_until = now + kHour;
  const auto holders = joining_.find(running->second.livekit);
  if (running->second.joins && --holders->second == 0) joining_.erase(holders);
  running_.erase(running);
}

void Agenda::make_sure(const std::string& target, Clock::time_point now) {
  const auto known = entries_.find(target);
  if (known == entries_.end() || known->second.everything) return;
  std::vector<Clock::time_point>& before = known->second.made_sure;
  std::erase_if(before, [&](Clock::time_point when) { return when + kHour <= now; });
  if (before.size() >= kMostMadeSure) return;
  before.push_back(now);
  known->second.everything = true;
}

void Agenda::changed(const std::string& target) {
  const auto known = entries_.find(target);
  if (known != entries_.end()) known->second.refused_until.reset();
}

}  // namespace lkdoctor::serve
