// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace lkdoctor::serve {

/// SQLite says no. what() is its sentence.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  bool is_damage() const noexcept;  ///< the file is no database, or a broken one
  bool is_full() const noexcept;    ///< the bound of pages, or the disk

 private:
  int code_;
};

/// One connection, for one thread. Throws SqliteError.
class Sqlite {
 public:
  /// Opens or creates; ":memory:" is a database without a file. No symbolic link is followed.
  explicit Sqlite(const std::string& path);
  ~Sqlite();
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  void run(const char* statements);
  std::int64_t number(const char* query);  ///< its first column; 0 without a row
  std::string text(const char* query);
  bool is_read_only() const;
  sqlite3* handle() const noexcept { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Parameters count from 1, columns from 0.
class Statement {
 public:
  Statement(const Sqlite& database, std::string_view text);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, double value);
  Statement& bind(int at, std::string_view value);  ///< copied
  bool step();                                      ///< false: no row is left
  void run();                                       ///< steps to the end; can be bound again
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;

 private:
  void check(int code) const;

  sqlite3* database_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace lkdoctor::serve
