// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "serve/module.hpp"

namespace lkdoctor::serve {

/// A target as the agenda knows it.
struct Appointment {
  std::string target;       ///< unique
  std::string livekit;      ///< same text: same LiveKit, whose joins take turns
  std::vector<Lane> lanes;  ///< as in Module
  std::string revision;     ///< differs when the target's configuration has changed
  friend bool operator==(const Appointment&, const Appointment&) = default;
};

/// A run that is to start now.
struct DueRun {
  std::string target;
  std::vector<std::string> checks;  ///< ids, sorted; what they need is added by the plan
  bool joins = false;
  /// It may ask what a LiveKit in order answers with 401: clock bisect and refusals are asked at the start,
  /// then once an hour, and after a change. It takes all lanes then, but for joins that have to wait.
  bool refusals = false;
};

/// Which checks of which target are due when. No I/O: times and endings in, runs out.
///
/// A target has one run at a time. Each lane has slots, apart by its interval; slots of a rare lane lie on
/// those of the more frequent one below it, so that one run takes what is due together. Where the slots lie
/// comes from the seed and the target's name: targets spread evenly, and keep their times over a reload. A
/// slot that was missed, for whatever reason, is not made up for.
class Agenda {
 public:
  explicit Agenda(std::uint64_t seed, std::size_t joins_at_once = 1);

  void allow_joins(std::size_t at_once) { joins_at_once_ = at_once; }  ///< at one LiveKit
  /// At the start and at each reload. New and changed targets run soon, one after another; unchanged ones
  /// keep their times. REQUIRES: every target has a lane.
  void appoint(std::vector<Appointment> targets, Clock::time_point now);

  /// Runs that start now; they count as running from here on. To be asked at `next()`, and after `ended()`.
  std::vector<DueRun> due(Clock::time_point now);
  /// A run besides the slots, for somebody who asks now: of `lanes` those without joins. nullopt: there are
  /// none, the target is unknown, or it has a run already, for whose end one can wait.
  std::optional<DueRun> start_now(std::string_view target, const std::vector<Lane>& lanes);

  void ended(const std::string& target, Clock::time_point now);
  /// The target's state is about to change: its next run takes all lanes, to make sure soon. At most six
  /// times an hour.
  void make_sure(const std::string& target, Clock::time_point now);
  /// Its state has changed: the next run may be refused again.
  void changed(const std::string& target);

  /// When due() has something, unless a run ends before; nullopt: not before.
  std::optional<Clock::time_point> next() const;

 private:
  struct Slot {
    Milliseconds offset{0};  ///< after origin_, less than the interval
    Clock::time_point next;
  };
  struct Entry {
    Appointment what;
    std::vector<Slot> slots;  ///< one for each lane
    bool everything = false;  ///< the next run takes all lanes
    std::vector<Clock::time_point> made_sure;
    std::optional<Clock::time_point> refused_until;  ///< no refusals before
  };
  struct Running {
    std::string livekit;  ///< where it joins
    bool joins = false, refusals = false;
  };

  Entry entry_for(Appointment what, std::size_t among, Clock::time_point now) const;
  double share(std::string_view target, std::string_view purpose) const;
  Clock::time_point following(const Entry& entry, std::size_t lane, Clock::time_point start) const;
  bool is_free(const std::string& livekit) const;
  bool waits(const Entry& entry, std::size_t lane) const;
  std::optional<Clock::time_point> earliest(const Entry& entry) const;
  void spread_after_pause(Clock::time_point now);
  std::optional<DueRun> start(Entry& entry, Clock::time_point now);

  std::uint64_t seed_;
  std::size_t joins_at_once_;
  std::optional<Clock::time_point> origin_;
  std::optional<Clock::time_point> promised_;  ///< when due() is asked at the latest
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, Running, std::less<>> running_;
  std::map<std::string, std::size_t, std::less<>> joining_;  ///< runs that join, by LiveKit
};

}  // namespace lkdoctor::serve
