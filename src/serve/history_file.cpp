// SPDX-License-Identifier: EUPL-1.2
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "serve/history_store.hpp"

namespace lkdoctor::serve {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr int kMostSetAside = 5;  ///< files; the last one is replaced from then on

constexpr const char* kTables =
    "BEGIN;"
    "CREATE TABLE spell (target TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " verdict TEXT NOT NULL, key TEXT NOT NULL, causes TEXT NOT NULL, PRIMARY KEY (target, from_ms)) WITHOUT "
    "ROWID;"
    "CREATE TABLE reading (slot INTEGER NOT NULL, target TEXT NOT NULL, name TEXT NOT NULL, runs INTEGER NOT "
    "NULL,"
    " least REAL NOT NULL, total REAL NOT NULL, most REAL NOT NULL, PRIMARY KEY (slot, target, name)) "
    "WITHOUT ROWID;"
    "PRAGMA user_version = 1;"
    "COMMIT;";

/// The database can be used, but it is not ours.
struct Foreign : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

std::string free_name(const std::string& path) {
  int number = 1;
  while (number < kMostSetAside && exists(path + ".corrupt-" + std::to_string(number))) ++number;
  return path + ".corrupt-" + std::to_string(number);
}

/// Exclusive: no memory is shared, and a second program is told no. A log instead of a journal: a commit is
/// one append, and one that was cut off is found by its checksum.
void prepare(Sqlite& database, const HistoryLimits& limits) {
  database.run(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024;"
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
  const std::int64_t page = database.number("PRAGMA page_size");
  database.run(("PRAGMA max_page_count = " + std::to_string(limits.bytes / page)).c_str());
  const std::int64_t format = database.number("PRAGMA user_version");
  const bool empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (format == 0 && empty) {
    database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 1048576");
    database.run(kTables);
    return;
  }
  if (format != kFormat)
    throw Foreign("of another program or version (user_version " + std::to_string(format) + ")");
  const std::string state = database.text("PRAGMA quick_check(1)");
  if (state != "ok") throw Foreign(state);
  database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 1048576");
  // A name for a table that is not there is an error of SQL, not of the file.
  if (database.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('spell', 'reading')") != 2) {
    throw Foreign("without the tables of a history");
  }
}

}  // namespace

HistoryStore::HistoryStore(std::string path, const HistoryLimits& limits)
    : path_(std::move(path)), limits_(limits) {
  open();
}

void HistoryStore::open() {
  if (path_.empty()) {
    database_ = std::make_unique<Sqlite>(":memory:");
    prepare(*database_, limits_);
    return;
  }
  try {
    open_file();
  } catch (const SqliteError& error) {
    database_.reset();
    if (error.is_damage()) {
      set_aside(error.what());
    } else {
      go_to_memory(error.what());
    }
  } catch (const Foreign& foreign) {
    database_.reset();
    set_aside(foreign.what());
  }
}

void HistoryStore::open_file() {
  const mode_t before = umask(077);  // what was seen of a deployment is its operator's alone
  try {
    database_ = std::make_unique<Sqlite>(path_);
    if (database_->is_read_only()) throw std::system_error(EROFS, std::generic_category());
    prepare(*database_, limits_);
    // A directory that takes no new file is met at the first commit: met here, it is told at the start.
    database_->run("BEGIN IMMEDIATE; PRAGMA user_version = 1; COMMIT");
  } catch (const std::system_error& error) {
    umask(before);
    database_.reset();
    go_to_memory(error.code().message());
    return;
  } catch (...) {
    umask(before);
    throw;
  }
  umask(before);
}

void HistoryStore::set_aside(const std::string& why) {
  const std::string damaged = path_;
  if (damaged.empty()) return go_to_memory(why);
  database_.reset();
  const std::string name = free_name(damaged);
  if (std::rename(damaged.c_str(), name.c_str()) != 0) {
    const std::string reason = std::generic_category().message(errno);
    return go_to_memory(why + "; it could not be renamed (" + reason + ")");
  }
  std::rename((damaged + "-wal").c_str(), (name + "-wal").c_str());  // what was not yet moved over, if any
  std::remove((damaged + "-shm").c_str());
  told_.push_back("the history " + damaged + " is damaged (" + why + "): set aside as " + name +
                  ", and begun anew");
  try {
    open_file();
  } catch (const std::exception& error) {
    go_to_memory(error.what());
  }
}

void HistoryStore::go_to_memory(const std::string& why) {
  told_.push_back("the history is in memory alone and ends with this process: " +
                  (path_.empty() ? "" : path_ + ": ") + why);
  path_.clear();
  database_.reset();
  open();
}

}  // namespace lkdoctor::serve
