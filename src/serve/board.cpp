// SPDX-License-Identifier: EUPL-1.2
#include "serve/board.hpp"

#include <algorithm>

namespace lkdoctor::serve {
namespace {

constexpr int kFlapping = 6;  ///< changes without a state that lasts

/// Checks of a run: what it collected, and what it could not even start.
std::set<std::string> ran_in(const Recording& recording) {
  std::set<std::string> out;
  for (const auto& [id, collected] : recording.collected) {
    if (!recording.interrupted || collected.observation) out.insert(id);
  }
  if (recording.interrupted) return out;
  for (const auto& [id, reason] : recording.skipped) out.insert(id);
  return out;
}

bool same(const Standing& one, const Standing& other) {
  return one.cause.finding == other.cause.finding && one.subject == other.subject;
}

const Standing* find_same(const std::vector<Standing>& list, const Standing& wanted) {
  const auto found = std::ranges::find_if(list, [&](const Standing& one) { return same(one, wanted); });
  return found == list.end() ? nullptr : &*found;
}

std::vector<Standing> without(const std::vector<Standing>& list, const std::vector<Standing>& others) {
  std::vector<Standing> out;
  for (const Standing& one : list) {
    if (find_same(others, one) == nullptr) out.push_back(one);
  }
  return out;
}

/// Labels that were shown and are no longer, the latest first.
void note_gone(std::vector<CauseLabel>& gone, const std::vector<Standing>& before,
               const std::vector<Standing>& now) {
  const auto shows = [](const std::vector<Standing>& list, const CauseLabel& label) {
    return std::ranges::find(list, label, &Standing::cause) != list.end();
  };
  for (const Standing& one : before) {
    if (shows(now, one.cause)) continue;
    std::erase(gone, one.cause);
    gone.insert(gone.begin(), one.cause);
  }
  std::erase_if(gone, [&](const CauseLabel& label) { return shows(now, label); });
  if (gone.size() > kMostCauses) gone.resize(kMostCauses);
}

}  // namespace

Board::Board(const engine::CheckList& checks, JudgeTarget judge, int runs_to_tell)
    : checks_(checks), judge_(std::move(judge)), runs_to_tell_(runs_to_tell) {}

Board::Place Board::place_for(Watched what, Clock::time_point now) const {
  Place place;
  place.what = std::move(what);
  place.settling = Settling(runs_to_tell_);
  for (const auto& check : checks_) {
    const bool wanted = std::ranges::find(place.what.checks, check->info().id) != place.what.checks.end();
    if (wanted) place.infos.push_back(&check->info());
  }
  place.merged.recording.only = place.what.selection.only;
  place.merged.recording.skip = place.what.selection.skip;
  place.ended = now;
  render(place);
  return place;
}

void Board::watch(std::vector<Watched> targets, Clock::time_point now) {
  std::vector<Place> places;
  std::map<std::string, std::size_t, std::less<>> place_of;
  for (Watched& target : targets) {
    place_of.emplace(target.name, places.size());
    const auto at = place_of_.find(target.name);
    Place* known = at == place_of_.end() ? nullptr : &places_.at(at->second);
    const bool unchanged =
        known != nullptr && known->what.revision == target.revision && known->what.checks == target.checks;
    if (unchanged) {
      known->what.stale_after = target.stale_after;
      places.push_back(std::move(*known));
    } else {
      places.push_back(place_for(std::move(target), now));
    }
  }
  places_ = std::move(places);
  place_of_ = std::move(place_of);
}

void Board::count(Place& place, const EndedRun& run) {
  const SideEffects& effects = run.recording.side_effects;
  Totals& totals = place.totals;
  totals.rooms += static_cast<std::uint64_t>(effects.rooms);
  totals.joins += static_cast<std::uint64_t>(effects.joins);
  totals.requests += static_cast<std::uint64_t>(effects.requests);
  totals.unauthorized += static_cast<std::uint64_t>(effects.unauthorized);
  ++totals.runs;
  totals.last_run = run.id;
  totals.last_run_ms = run.ended_ms;
}

/// What comes back before its absence has lasted was there all the time.
void Board::note_since(Place& place, std::int64_t started_ms, bool settled) {
  const Verdict verdict = place.report->verdict;
  if (place.told_anything && verdict == place.told.verdict) {
    place.now = place.told;
  } else if (place.now.ms == 0 || verdict != place.now.verdict) {
    place.now = {verdict, started_ms};
  }
  std::vector<Standing> causes;
  for (const Diagnosis& one : place.report->diagnoses) {
    Standing standing{{one.finding.id, one.finding.severity}, one.finding.subject, started_ms};
    for (const auto* known : {&place.causes, &place.told_causes}) {
      if (const Standing* before = find_same(*known, standing)) {
        standing.since_ms = std::min(standing.since_ms, before->since_ms);
      }
    }
    causes.push_back(std::move(standing));
  }
  note_gone(place.gone, place.causes, causes);
  place.causes = std::move(causes);
  if (settled) place.told_flapping = false;
}

std::optional<Event> Board::event_of(Place& place, const EndedRun& run, bool settled) {
  Event event{Event::Kind::changed,
              place.what.name,
              run.ended_ms,
              place.told.verdict,
              place.now.verdict,
              place.now.ms,
              {},
              {},
              run.id,
              place.ever_judged};
  event.appeared = without(place.causes, place.told_causes);
  event.resolved = without(place.told_causes, place.causes);
  if (!settled) {
    if (place.told_flapping || place.settling.flips() < kFlapping) return std::nullopt;
    place.told_flapping = true;
    event.kind = Event::Kind::flapping;
    return event;
  }
  const bool first = !place.told_anything;
  const bool same_verdict =
      place.told_anything ? place.told.verdict == place.now.verdict : place.now.verdict == Verdict::healthy;
  place.told = place.now;
  place.told_causes = place.causes;
  place.told_anything = true;
  event.ever_judged = place.ever_judged = place.ever_judged || place.now.verdict != Verdict::unknown;
  if (same_verdict && event.appeared.empty() && event.resolved.empty()) {
    if (!first) return std::nullopt;
    event.kind = Event::Kind::known;
  }
  return event;
}

Board::Taken Board::take(const std::string& target, EndedRun run) {
  Place& place = places_.at(place_of_.at(target));
  count(place, run);
  const std::set<std::string> ran = ran_in(run.recording);
  const std::int64_t started_ms = run.recording.started_ms;
  merge(place.merged, std::move(run.recording), run.ended_ms, checks_);
  place.report = judge_(target, place.merged.recording);
  const bool bad = place.report->verdict == Verdict::broken || place.report->verdict == Verdict::unknown;
  if (bad) {
    ++place.totals.unhealthy;
    place.totals.last_unhealthy_run = run.id;
    place.totals.last_unhealthy_run_ms = run.ended_ms;
  }
  Taken taken;
  taken.settled = place.settling.take(*place.report, ran);
  note_since(place, started_ms, taken.settled);
  if (auto event = event_of(place, run, taken.settled)) taken.events.push_back(std::move(*event));
  place.ended = run.ended;
  place.stale = false;
  render(place);
  return taken;
}

void Board::age(Clock::time_point now) {
  for (Place& place : places_) {
    const bool stale = now - place.ended > place.what.stale_after;
    if (stale == place.stale) continue;
    place.stale = stale;
    render(place);
  }
}

TargetView Board::view_of(const Place& place) {
  return {place.report ? &*place.report : nullptr,
          place.infos,
          place.merged.ended_ms,
          place.gone,
          place.now.ms,
          place.stale,
          place.totals};
}

void Board::render(Place& place) {
  auto block = std::make_shared<Block>(place.what.name);
  write_target(view_of(place), *block);
  place.block = std::move(block);
}

std::shared_ptr<const Block> Board::unlabelled(std::string_view target) const {
  auto block = std::make_shared<Block>();
  write_target(view_of(*find(target)), *block);
  return block;
}

const Board::Place* Board::find(std::string_view target) const {
  const auto found = place_of_.find(target);
  return found == place_of_.end() ? nullptr : &places_.at(found->second);
}

const Report* Board::report(std::string_view target) const {
  const Place* place = find(target);
  return place != nullptr && place->report ? &*place->report : nullptr;
}

std::vector<Standing> Board::causes(std::string_view target) const {
  const Place* place = find(target);
  return place == nullptr ? std::vector<Standing>{} : place->causes;
}

std::int64_t Board::verdict_since_ms(std::string_view target) const {
  const Place* place = find(target);
  return place == nullptr ? 0 : place->now.ms;
}

bool Board::is_stale(std::string_view target) const {
  const Place* place = find(target);
  return place != nullptr && place->stale;
}

std::set<std::string> Board::doubted(std::string_view target) const {
  const Place* place = find(target);
  return place == nullptr ? std::set<std::string>{} : place->settling.doubted();
}

std::vector<std::string> Board::names() const {
  std::vector<std::string> out;
  for (const Place& place : places_) out.push_back(place.what.name);
  return out;
}

std::vector<std::shared_ptr<const Block>> Board::blocks() const {
  std::vector<std::shared_ptr<const Block>> out;
  for (const Place& place : places_) out.push_back(place.block);
  return out;
}

}  // namespace lkdoctor::serve
