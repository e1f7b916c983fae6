// SPDX-License-Identifier: EUPL-1.2
#include "serve/history_store.hpp"

#include <algorithm>
#include <cmath>

namespace lkdoctor::serve {
namespace {

constexpr std::int64_t kPruneEveryMs = 60'000;
constexpr std::int64_t kAheadMs = 3'600'000;  ///< later than now: written while the clock was wrong
constexpr std::size_t kMostCauses = 10, kMostText = 600;
constexpr std::size_t kMostAnswer = 4U << 20;

/// What makes two runs one spell: wording may change from run to run.
std::string key_of(const std::vector<PastCause>& causes) {
  std::vector<std::string> keys;
  for (const PastCause& one : causes) {
    keys.push_back(one.finding + " " + Json(one.severity).get<std::string>() + " " + one.subject);
  }
  std::ranges::sort(keys);
  return dump_line(keys);
}

std::vector<PastCause> bounded(std::vector<PastCause> causes) {
  if (causes.size() > kMostCauses) causes.resize(kMostCauses);
  for (PastCause& one : causes) {
    for (std::string* text : {&one.finding, &one.subject, &one.title, &one.remedy}) {
      if (text->size() > kMostText)
        text->resize(kMostText);  // a cut character is replaced where it is dumped
    }
  }
  return causes;
}

Verdict verdict_named(const std::string& name) {
  return Json(name).get<Verdict>();
}

std::vector<PastCause> causes_from(const std::string& text) {
  const auto parsed = parse_bounded(text, kMostAnswer, 8);
  return parsed && parsed->is_array() ? parsed->get<std::vector<PastCause>>() : std::vector<PastCause>{};
}

}  // namespace

void HistoryStore::add(std::span<const Moment> moments) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    try {
      write(moments);
      failing_ = false;
      return;
    } catch (const SqliteError& error) {
      try {
        database_->run("ROLLBACK");
      } catch (const SqliteError&) {  // SQLite has done it already
      }
      if (error.is_damage()) {
        set_aside(error.what());
      } else if (error.is_full() && attempt == 0) {
        make_room();
      } else {
        if (!failing_) told_.push_back("the history is not written: " + std::string(error.what()));
        failing_ = true;
        return;
      }
    }
  }
}

void HistoryStore::write(std::span<const Moment> moments) {
  database_->run("BEGIN IMMEDIATE");
  for (const Moment& moment : moments) {
    if (std::abs(moment.at_ms - pruned_ms_) >= kPruneEveryMs) prune(moment.at_ms);
    note_spell(moment);
    note_readings(moment);
  }
  database_->run("COMMIT");
}

void HistoryStore::note_spell(const Moment& moment) {
  const std::vector<PastCause> causes = bounded(moment.causes);
  const std::string key = key_of(causes), text = dump_line(causes), verdict(name_of(moment.verdict));
  Statement last(
      *database_,
      "SELECT from_ms, until_ms, verdict, key FROM spell WHERE target = ? ORDER BY from_ms DESC LIMIT 1");
  last.bind(1, moment.target);
  std::int64_t begin = moment.at_ms;
  if (last.step()) {
    begin = std::max(begin, last.integer(0));
    const bool same = last.text(2) == verdict && last.text(3) == key;
    if (same && moment.at_ms - last.integer(1) <= limits_.gap_ms) {
      Statement(*database_,
                "UPDATE spell SET until_ms = max(until_ms, ?), causes = ? WHERE target = ? AND from_ms = ?")
          .bind(1, moment.at_ms)
          .bind(2, text)
          .bind(3, moment.target)
          .bind(4, last.integer(0))
          .run();
      return;
    }
  }
  Statement(*database_, "INSERT OR REPLACE INTO spell VALUES (?, ?, ?, ?, ?, ?)")
      .bind(1, moment.target)
      .bind(2, begin)
      .bind(3, begin)
      .bind(4, verdict)
      .bind(5, key)
      .bind(6, text)
      .run();
  Statement(*database_,
            "DELETE FROM spell WHERE target = ?1 AND from_ms <= (SELECT from_ms FROM spell WHERE target = ?1 "
            "ORDER BY "
            "from_ms DESC LIMIT 1 OFFSET ?2)")
      .bind(1, moment.target)
      .bind(2, limits_.spells)
      .run();
}

void HistoryStore::note_readings(const Moment& moment) {
  Statement insert(
      *database_,
      "INSERT INTO reading VALUES (?1, ?2, ?3, 1, ?4, ?4, ?4) ON CONFLICT DO UPDATE SET runs = runs + 1, "
      "least = min(least, ?4), total = total + ?4, most = max(most, ?4)");
  for (const auto& [name, value] : moment.readings) {
    if (!std::isfinite(value)) continue;
    insert.bind(1, moment.at_ms / kSlotMs).bind(2, moment.target).bind(3, name).bind(4, value).run();
  }
}

void HistoryStore::prune(std::int64_t now_ms) {
  pruned_ms_ = now_ms;
  Statement(*database_, "DELETE FROM spell WHERE until_ms < ? OR from_ms > ?")
      .bind(1, now_ms - limits_.keep_ms)
      .bind(2, now_ms + kAheadMs)
      .run();
  Statement(*database_, "DELETE FROM reading WHERE slot < ? OR slot > ?")
      .bind(1, (now_ms - limits_.keep_ms) / kSlotMs)
      .bind(2, (now_ms + kAheadMs) / kSlotMs)
      .run();
  const std::int64_t rows = database_->number("SELECT count(*) FROM reading");
  if (rows > limits_.rows) drop_oldest(rows - limits_.rows);
}

/// Readings of whole slots, so that what is left of a slot is all of it.
void HistoryStore::drop_oldest(std::int64_t rows) {
  Statement(
      *database_,
      "DELETE FROM reading WHERE slot <= coalesce((SELECT slot FROM reading ORDER BY slot LIMIT 1 OFFSET ?), "
      "(SELECT max(slot) FROM reading))")
      .bind(1, std::max<std::int64_t>(rows - 1, 0))
      .run();
}

/// Where the disk is full, this fails too: the second attempt tells it.
void HistoryStore::make_room() {
  try {
    drop_oldest(database_->number("SELECT count(*) FROM reading") / 4 + 1);
    Statement(*database_, "DELETE FROM spell WHERE until_ms < (SELECT avg(until_ms) FROM spell)").run();
  } catch (const SqliteError&) {
  }
}

std::map<std::string, Past> HistoryStore::read(const PastQuestion& question) {
  std::map<std::string, Past> out;
  try {
    read_spells(question, out);
    if (question.readings && !question.target.empty()) read_readings(question, out[question.target]);
  } catch (const SqliteError& error) {
    if (error.is_damage()) set_aside(error.what());
    return {};
  }
  return out;
}

void HistoryStore::read_spells(const PastQuestion& question, std::map<std::string, Past>& into) {
  Statement rows(
      *database_,
      "SELECT target, from_ms, until_ms, verdict, causes FROM spell WHERE until_ms >= ?1 AND (?2 = '' OR "
      "target = ?2) ORDER BY until_ms DESC");
  rows.bind(1, question.since_ms).bind(2, question.target);
  std::size_t size = 0;
  while (size < kMostAnswer && rows.step()) {
    const std::string causes = rows.text(4);
    into[rows.text(0)].spells.push_back(
        {rows.integer(1), rows.integer(2), verdict_named(rows.text(3)), causes_from(causes)});
    size += causes.size() + 100;
  }
  for (auto& [target, past] : into) std::ranges::reverse(past.spells);
}

void HistoryStore::read_readings(const PastQuestion& question, Past& into) {
  // Slots lead the key, so that what is old lies together; one target is looked up slot by slot.
  Statement rows(
      *database_,
      "WITH RECURSIVE slots(slot) AS (SELECT max(?1, (SELECT min(slot) FROM reading)) UNION ALL SELECT slot "
      "+ 1 "
      "FROM slots WHERE slot < (SELECT max(slot) FROM reading)) SELECT name, slot, least, total / runs, most "
      "FROM slots JOIN reading USING (slot) WHERE target = ?2 ORDER BY slot");
  rows.bind(1, question.since_ms / kSlotMs).bind(2, question.target);
  while (rows.step()) {
    into.readings[rows.text(0)].push_back(
        {rows.integer(1) * kSlotMs, rows.real(2), rows.real(3), rows.real(4)});
  }
}

std::vector<std::string> HistoryStore::take_told() {
  return std::exchange(told_, {});
}

}  // namespace lkdoctor::serve
