// SPDX-License-Identifier: EUPL-1.2
#include "serve/sqlite.hpp"

#include <sqlite3.h>

namespace lkdoctor::serve {
namespace {

[[noreturn]] void fail(sqlite3* database, int code) {
  const char* sentence = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  throw SqliteError(code, sentence);
}

}  // namespace

bool SqliteError::is_damage() const noexcept {
  const int primary = code_ & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool SqliteError::is_full() const noexcept {
  return (code_ & 0xff) == SQLITE_FULL;
}

Sqlite::Sqlite(const std::string& path) {
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                         SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle_, kFlags, nullptr);
  // Who wrote before us may take a moment to end.
  if (code == SQLITE_OK && sqlite3_busy_timeout(handle_, 3000) == SQLITE_OK) return;
  const SqliteError error(code, handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code));
  sqlite3_close(handle_);
  throw error;
}

Sqlite::~Sqlite() {
  sqlite3_close(handle_);
}

void Sqlite::run(const char* statements) {
  const int code = sqlite3_exec(handle_, statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(handle_, code);
}

std::int64_t Sqlite::number(const char* query) {
  Statement statement(*this, query);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Sqlite::text(const char* query) {
  Statement statement(*this, query);
  return statement.step() ? statement.text(0) : std::string{};
}

bool Sqlite::is_read_only() const {
  return sqlite3_db_readonly(handle_, "main") == 1;
}

Statement::Statement(const Sqlite& database, std::string_view text) : database_(database.handle()) {
  check(sqlite3_prepare_v2(database_, text.data(), static_cast<int>(text.size()), &handle_, nullptr));
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement& Statement::bind(int at, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, at, value));
  return *this;
}

Statement& Statement::bind(int at, double value) {
  check(sqlite3_bind_double(handle_, at, value));
  return *this;
}

Statement& Statement::bind(int at, std::string_view value) {
  check(sqlite3_bind_text64(handle_, at, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(handle_);
  fail(database_, code);
}

void Statement::run() {
  while (step()) {
  }
  check(sqlite3_reset(handle_));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_, column);
}

std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(handle_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return text == nullptr ? std::string{} : std::string(reinterpret_cast<const char*>(text), size);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) fail(database_, code);
}

}  // namespace lkdoctor::serve
