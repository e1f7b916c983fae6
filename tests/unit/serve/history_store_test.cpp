// SPDX-License-Identifier: EUPL-1.2
#include "serve/history_store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "history_folder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using test::cause;
using test::HistoryFolder;
using test::moment;

namespace {

std::vector<Spell> spells_of(HistoryStore& store, const std::string& target) {
  return store.read({target, 0, false})[target].spells;
}

void overwrite(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("runs that say the same are one spell, whatever words they use") {
  HistoryStore store("", {});
  Moment worded = moment("lk01", 2000, Verdict::broken, {cause("udp-range-filtered")});
  worded.causes[0].title = "Other words";
  store.add(std::vector{moment("lk01", 1000, Verdict::broken, {cause("udp-range-filtered")}), worded,
                        moment("lk01", 3000, Verdict::healthy), moment("lk02", 3000, Verdict::healthy)});
  const std::vector<Spell> expected{{1000, 2000, Verdict::broken, worded.causes},
                                    {3000, 3000, Verdict::healthy, {}}};
  CHECK(spells_of(store, "lk01") == expected);
  CHECK(store.read({"", 0, true}).size() == 2);
  CHECK(store.take_told().empty());
}

TEST_CASE("a time in which nobody looked is between two spells, not inside one") {
  HistoryStore store("", {});
  store.add(std::vector{moment("lk01", 0, Verdict::healthy), moment("lk01", 900'000, Verdict::healthy),
                        moment("lk01", 1'800'001, Verdict::healthy)});
  const std::vector<Spell> expected{{0, 900'000, Verdict::healthy, {}},
                                    {1'800'001, 1'800'001, Verdict::healthy, {}}};
  CHECK(spells_of(store, "lk01") == expected);
}

TEST_CASE("readings are kept as least, mean and most of five minutes") {
  HistoryStore store("", {});
  std::vector<Moment> runs;
  for (const auto& [at_ms, rtt] : {std::pair{0, 0.010}, {60'000, 0.030}, {300'000, 0.015}}) {
    runs.push_back(moment("lk01", at_ms, Verdict::healthy));
    runs.back().readings["udp_rtt_seconds"] = rtt;
    runs.back().readings["packet_loss_ratio"] = std::numeric_limits<double>::quiet_NaN();  // not measured
  }
  store.add(runs);
  const auto past = store.read({"lk01", 0, true})["lk01"];
  CHECK(past.readings.size() == 1);
  const std::vector<Slot> expected{{0, 0.010, 0.020, 0.030}, {300'000, 0.015, 0.015, 0.015}};
  CHECK(past.readings.at("udp_rtt_seconds") == expected);
  CHECK(store.read({"lk01", 300'000, true})["lk01"].readings.at("udp_rtt_seconds").size() == 1);
}

TEST_CASE("what is older than a day is forgotten, and so is what was written while the clock was ahead") {
  constexpr std::int64_t kDay = 86'400'000, kHour = 3'600'000;
  HistoryStore store("", {});
  store.add(std::vector{moment("lk01", 9 * kDay, Verdict::broken), moment("lk01", 0, Verdict::degraded)});
  CHECK(spells_of(store, "lk01") == std::vector<Spell>{{0, 0, Verdict::degraded, {}}});
  store.add(std::vector{moment("lk02", kDay + kHour, Verdict::healthy)});
  CHECK(spells_of(store, "lk01").empty());
  CHECK(spells_of(store, "lk02").size() == 1);
}

TEST_CASE("rows and spells have a bound: the oldest go") {
  HistoryLimits limits;
  limits.rows = 10;
  limits.spells = 3;
  HistoryStore store("", limits);
  for (int i = 0; i < 40; ++i) {
    Moment run = moment("lk01", i * kSlotMs, i % 2 == 0 ? Verdict::healthy : Verdict::broken);
    run.readings["udp_rtt_seconds"] = i;
    store.add(std::vector{run});
  }
  const Past past = store.read({"lk01", 0, true})["lk01"];
  CHECK(past.spells.size() == 3);
  CHECK(past.spells.back().from_ms == 39 * kSlotMs);
  CHECK(past.readings.at("udp_rtt_seconds").size() <= 11);
  CHECK(past.readings.at("udp_rtt_seconds").back().mean == 39);
}

TEST_CASE("the file has a bound, and the newest is still kept in it") {
  const HistoryFolder folder;
  HistoryLimits limits;
  limits.bytes = 128 << 10;
  limits.keep_ms = std::int64_t{1} << 60;
  HistoryStore store(folder.file(), limits);
  Moment run = moment("lk01", 0, Verdict::healthy);
  for (int i = 0; i < 3000; ++i) {
    run.at_ms = i * kSlotMs;
    run.readings = {{"a", 1.0}, {"b", 2.0}, {"c", i}};
    store.add(std::vector{run});
  }
  CHECK(std::filesystem::file_size(folder.file()) <= 128 << 10);
  CHECK(store.read({"lk01", 0, true})["lk01"].readings.at("c").back().mean == 2999);
  CHECK(store.take_told().empty());
}

TEST_CASE("the file is its owner's alone and is read again") {
  const HistoryFolder folder;
  {
    HistoryStore store(folder.file(), {});
    store.add(std::vector{moment("lk01", 1000, Verdict::broken, {cause("udp-range-filtered")})});
  }
  struct stat info {};
  REQUIRE(stat(folder.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  HistoryStore store(folder.file(), {});
  CHECK(spells_of(store, "lk01").size() == 1);
  CHECK(store.take_told().empty());
}

TEST_CASE("a damaged file is set aside, said, and begun anew") {
  const HistoryFolder folder;
  overwrite(folder.file(), "this is no database, and was never one; but it is long enough to be looked at\n");
  HistoryStore store(folder.file(), {});
  CHECK(store.take_told() == std::vector<std::string>{"the history " + folder.file() +
                                                      " is damaged (file is not a database): set aside as " +
                                                      folder.file() + ".corrupt-1, and begun anew"});
  CHECK(std::filesystem::exists(folder.file() + ".corrupt-1"));
  store.add(std::vector{moment("lk01", 1000, Verdict::healthy)});
  CHECK(spells_of(store, "lk01").size() == 1);
  CHECK_FALSE(store.in_memory());
}

TEST_CASE("a file whose pages were overwritten is found damaged when it is opened") {
  const HistoryFolder folder;
  {
    HistoryStore store(folder.file(), {});
    std::vector<Moment> runs;
    for (int i = 0; i < 500; ++i) {
      runs.push_back(moment("lk" + std::to_string(i), 1000, Verdict::broken, {cause("udp-range-filtered")}));
    }
    store.add(runs);
  }
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 3);
  file << std::string(20'000, '\xa5');
  file.close();
  HistoryStore store(folder.file(), {});
  const auto told = store.take_told();
  REQUIRE(told.size() == 1);
  CHECK(told[0].ends_with(": set aside as " + folder.file() + ".corrupt-1, and begun anew"));
  CHECK(spells_of(store, "lk0").empty());
}

TEST_CASE("set aside are five files at most, and a file of another version is one of them") {
  const HistoryFolder folder;
  for (int i = 0; i < 7; ++i) {
    Sqlite(folder.file()).run("PRAGMA user_version = 77; CREATE TABLE other (x)");
    HistoryStore store(folder.file(), {});
    const std::string number = std::to_string(std::min(i + 1, 5));
    CHECK(store.take_told() ==
          std::vector<std::string>{
              "the history " + folder.file() +
              " is damaged (of another program or version (user_version 77)): set aside as " + folder.file() +
              ".corrupt-" + number + ", and begun anew"});
    std::filesystem::remove(folder.file());
  }
  CHECK_FALSE(std::filesystem::exists(folder.file() + ".corrupt-6"));
}

TEST_CASE("where no file can be written the history is in memory, with one warning") {
  const HistoryFolder folder;
  const std::string path = folder.path() + "/missing/history.sqlite";
  HistoryStore store(path, {});
  store.add(std::vector{moment("lk01", 1000, Verdict::healthy)});
  CHECK(spells_of(store, "lk01").size() == 1);
  CHECK(store.in_memory());
  CHECK(store.take_told() ==
        std::vector<std::string>{"the history is in memory alone and ends with this process: " + path +
                                 ": unable to open database file"});
}

TEST_CASE("a history that another process holds is left to it") {
  const HistoryFolder folder;
  HistoryStore first(folder.file(), {});
  first.add(std::vector{moment("lk01", 1000, Verdict::healthy)});
  HistoryStore second(folder.file(), {});
  CHECK(second.take_told() ==
        std::vector<std::string>{"the history is in memory alone and ends with this process: " +
                                 folder.file() + ": database is locked"});
  CHECK(spells_of(first, "lk01").size() == 1);
}

TEST_CASE("a symbolic link in the place of the history is not followed") {
  const HistoryFolder folder;
  overwrite(folder.path() + "/other", "");
  std::filesystem::create_symlink(folder.path() + "/other", folder.file());
  const HistoryStore store(folder.file(), {});
  CHECK(store.in_memory());
  CHECK(std::filesystem::file_size(folder.path() + "/other") == 0);
}
