// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <memory>
#include <span>

#include "serve/past.hpp"
#include "serve/sqlite.hpp"

namespace lkdoctor::serve {

/// How much is remembered.
struct HistoryLimits {
  std::int64_t keep_ms = 86'400'000;
  std::int64_t gap_ms = 900'000;  ///< a longer time without a run ends a spell
  std::int64_t rows = 500'000;    ///< of readings, of all targets together
  std::int64_t spells = 1000;     ///< of a target
  std::int64_t bytes = 64 << 20;  ///< of the file; its log beside it (-wal) stays below some megabytes
  Milliseconds interval{1000};    ///< between two commits: what is lost at most if the machine dies
};

/// The history in SQLite. Each call may wait for the disk: not for a process that has something else to do.
/// What a file cannot do is told, not thrown: a history is no reason to stop watching.
class HistoryStore {
 public:
  /// `path` empty: in memory. A file that is damaged or of another program is set aside as
  /// `path.corrupt-N`; where none can be written, it is in memory.
  HistoryStore(std::string path, const HistoryLimits& limits);

  /// Kept when it returns, in a single transaction.
  void add(std::span<const Moment> moments);
  /// The newest that fit into some megabytes; readings are given of one target alone.
  std::map<std::string, Past> read(const PastQuestion& question);

  /// Sentences for the operator that have come up since the last call.
  std::vector<std::string> take_told();
  bool in_memory() const noexcept { return path_.empty(); }

 private:
  void open();
  void open_file();
  void set_aside(const std::string& why);
  void go_to_memory(const std::string& why);
  void write(std::span<const Moment> moments);
  void note_spell(const Moment& moment);
  void note_readings(const Moment& moment);
  void prune(std::int64_t now_ms);
  void drop_oldest(std::int64_t rows);
  void make_room();
  void read_spells(const PastQuestion& question, std::map<std::string, Past>& into);
  void read_readings(const PastQuestion& question, Past& into);

  std::string path_;
  HistoryLimits limits_;
  std::unique_ptr<Sqlite> database_;
  std::vector<std::string> told_;
  std::int64_t pruned_ms_ = 0;
  bool failing_ = false;  ///< told once, until it works again
};

}  // namespace lkdoctor::serve
