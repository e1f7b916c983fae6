// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <map>

#include "serve/merging.hpp"
#include "serve/metrics.hpp"
#include "serve/module.hpp"
#include "serve/settling.hpp"

namespace lkdoctor::serve {

/// A target as the board knows it.
struct Watched {
  std::string name;
  std::vector<std::string> checks;  ///< of its module, by id
  engine::Selection selection;      ///< that stands for the module: `only` and `skip` of its recording
  Milliseconds stale_after{0};      ///< without an ended run
  std::string revision;             ///< differs when its configuration has changed
};

/// A run that has ended.
struct EndedRun {
  std::string id;  ///< unique, at most 32 characters
  Recording recording;
  std::int64_t ended_ms = 0;  ///< wall clock
  Clock::time_point ended;
};

/// A root cause, and since when it is there.
struct Standing {
  CauseLabel cause;
  std::string subject;
  std::int64_t since_ms = 0;
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// Something that somebody may want to hear of. States that come and go within three runs make none.
struct Event {
  /// `known`: the first state that lasted is healthy, which is no news.
  enum class Kind { changed, flapping, known };
  Kind kind = Kind::changed;
  std::string target;
  std::int64_t at_ms = 0;
  Verdict before = Verdict::unknown, now = Verdict::unknown;
  std::int64_t since_ms = 0;  ///< of `now`
  std::vector<Standing> appeared, resolved;
  std::string run;
  bool ever_judged = false;  ///< a verdict that is not unknown was told of it, now or before
};

/// Judges, diagnoses and redacts what is known of a target. Pure.
using JudgeTarget = std::function<Report(const std::string& target, const Recording& merged)>;

/// What is known of every target. No I/O: runs that ended and times in; reports, metrics and events out.
class Board {
 public:
  /// `checks` must outlive it.
  Board(const engine::CheckList& checks, JudgeTarget judge, int runs_to_tell = 3);

  /// At the start and at each reload. What is known of unchanged targets stays.
  void watch(std::vector<Watched> targets, Clock::time_point now);

  struct Taken {
    std::vector<Event> events;
    bool settled = true;  ///< false: make sure soon
  };
  /// REQUIRES: the target is watched.
  Taken take(const std::string& target, EndedRun run);
  /// Marks targets of which no run has ended for too long. To be called every second or so.
  void age(Clock::time_point now);

  bool watches(std::string_view target) const { return find(target) != nullptr; }
  /// nullptr: not watched, or no run has ended.
  const Report* report(std::string_view target) const;
  /// Gravest first, as in the report.
  std::vector<Standing> causes(std::string_view target) const;
  std::int64_t verdict_since_ms(std::string_view target) const;  ///< 0: no run has ended
  bool is_stale(std::string_view target) const;
  /// Checks whose state has not lasted yet.
  std::set<std::string> doubted(std::string_view target) const;
  std::vector<std::string> names() const;  ///< in the order of watch()

  /// The metrics of every target, rendered when its results changed.
  std::vector<std::shared_ptr<const Block>> blocks() const;
  /// Those of one target without the label `target`, as a probe is answered. REQUIRES: it is watched.
  std::shared_ptr<const Block> unlabelled(std::string_view target) const;

 private:
  struct Since {
    Verdict verdict = Verdict::unknown;
    std::int64_t ms = 0;
  };
  struct Place {
    Watched what;
    std::vector<const CheckInfo*> infos;
    Merged merged;
    std::optional<Report> report;
    Settling settling;
    Since now, told;  ///< of the last run; of the last event
    std::vector<Standing> causes, told_causes;
    std::vector<CauseLabel> gone;
    bool told_anything = false, told_flapping = false, stale = false;
    bool ever_judged = false;
    Clock::time_point ended;  ///< of the last run; before the first: when it was put on the board
    Totals totals;
    std::shared_ptr<const Block> block;
  };

  Place place_for(Watched what, Clock::time_point now) const;
  const Place* find(std::string_view target) const;
  static TargetView view_of(const Place& place);
  static void render(Place& place);
  static void count(Place& place, const EndedRun& run);
  static void note_since(Place& place, std::int64_t started_ms, bool settled);
  static std::optional<Event> event_of(Place& place, const EndedRun& run, bool settled);

  const engine::CheckList& checks_;
  JudgeTarget judge_;
  int runs_to_tell_;
  std::vector<Place> places_;
  std::map<std::string, std::size_t, std::less<>> place_of_;  ///< by target's name
};

}  // namespace lkdoctor::serve
