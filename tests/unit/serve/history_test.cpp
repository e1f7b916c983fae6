// SPDX-License-Identifier: EUPL-1.2
#include "serve/history.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <random>

#include "history_folder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using test::HistoryFolder;
using test::moment;

namespace {

HistoryLimits quick() {
  HistoryLimits limits;
  limits.interval = Milliseconds(5);
  limits.spells = 1 << 20;
  return limits;
}

/// Drives it as a loop would.
void step(History& history, Milliseconds patience = Milliseconds(10'000)) {
  const auto now = Clock::now();
  const auto wake = std::min(history.next_wake(), now + patience);
  pollfd ready{history.fd(), POLLIN, 0};
  poll(&ready, 1, static_cast<int>(std::chrono::ceil<Milliseconds>(wake - now).count()));
  history.advance(Clock::now());
}

std::map<std::string, Past> asked(History& history, const PastQuestion& question) {
  std::optional<std::optional<std::map<std::string, Past>>> said;
  history.ask(
      question, [&](auto answer) { said = std::move(answer); }, Clock::now());
  while (!said) step(history);
  return said->value_or(std::map<std::string, Past>{});
}

Moment flip(int number) {
  return moment("lk01", number * 1000, number % 2 == 0 ? Verdict::healthy : Verdict::broken);
}

}  // namespace

TEST_CASE("what was added is in the answer to a question that comes after it") {
  const HistoryFolder folder;
  History history(folder.file(), {});  // a commit a second: the question does not wait for it
  for (int i = 0; i < 300; ++i) history.add(flip(i));
  CHECK(asked(history, {"lk01", 0, true}).at("lk01").spells.size() == 300);
  while (history.unconfirmed() != 0) step(history);
  CHECK(history.take_told().empty());
}

TEST_CASE("it is stopped when all is kept") {
  const HistoryFolder folder;
  {
    History history(folder.file(), {});
    for (int i = 0; i < 4000; ++i) history.add(flip(i % 2));
    CHECK(history.stop(Milliseconds(60'000)));
  }
  HistoryStore store(folder.file(), {});
  CHECK(store.read({"", 0, false}).at("lk01").spells.size() > 0);
}

TEST_CASE("a child that dies has a successor, which is given what was not confirmed") {
  const HistoryFolder folder;
  History history(folder.file(), {});
  history.add(flip(0));
  history.add(flip(1));
  kill(history.child(), SIGKILL);
  std::optional<bool> answered;
  history.ask(
      {"lk01", 0, true}, [&](const auto& answer) { answered = answer.has_value(); }, Clock::now());
  while (!answered) step(history);
  CHECK(answered == false);
  while (history.child() < 0) step(history);
  CHECK(asked(history, {"lk01", 0, true}).at("lk01").spells.size() == 2);
  CHECK(history.take_told() ==
        std::vector<std::string>{"the process that keeps the history has died; another one is started"});
}

TEST_CASE("killed at any moment the file opens, and holds all that was confirmed") {
  const HistoryFolder folder;
  std::mt19937 random(7);
  std::vector<int> confirmed;
  int next = 0;
  for (int round = 0; round < 40; ++round) {
    History history(folder.file(), quick());
    const int first = next;
    const auto end = Clock::now() + Microseconds(random() % 30'000);
    while (Clock::now() < end) {
      history.add(flip(next++));
      step(history, Milliseconds(1));
    }
    kill(history.child(), SIGKILL);
    for (int i = first; i < next - static_cast<int>(history.unconfirmed()); ++i) confirmed.push_back(i);
    CHECK(history.take_told().empty());
  }
  HistoryStore store(folder.file(), quick());
  const std::vector<Spell> spells = store.read({"lk01", 0, false})["lk01"].spells;
  CHECK(store.take_told().empty());
  CHECK_FALSE(confirmed.empty());
  for (const int number : confirmed) {
    CHECK(std::ranges::any_of(spells, [&](const Spell& spell) {
      return spell.from_ms <= number * 1000 && number * 1000 <= spell.until_ms &&
             spell.verdict == flip(number).verdict;
    }));
  }
}

TEST_CASE(
    "a child that does not get on holds nobody up: the oldest waiting runs are dropped, and that is said") {
  const HistoryFolder folder;
  History history(folder.file(), {});
  kill(history.child(), SIGSTOP);
  Moment large = moment("lk01", 0, Verdict::broken, {test::cause("udp-range-filtered")});
  large.causes[0].title = std::string(2000, 'x');
  for (std::size_t i = 0; i < History::kMostWaiting + 500; ++i) history.add(large);
  CHECK(history.unconfirmed() == History::kMostWaiting);
  CHECK(history.take_told() ==
        std::vector<std::string>{"the history is slow: the oldest runs that wait for it are dropped"});
  kill(history.child(), SIGCONT);
  while (history.unconfirmed() != 0) step(history);
}

TEST_CASE("what the store has to say comes from the child") {
  const HistoryFolder folder;
  std::ofstream(folder.file()) << std::string(5000, '?');
  History history(folder.file(), {});
  std::vector<std::string> told;
  while (told.empty()) {
    step(history);
    told = history.take_told();
  }
  CHECK(told == std::vector<std::string>{"the history " + folder.file() +
                                         " is damaged (file is not a database): set aside as " +
                                         folder.file() + ".corrupt-1, and begun anew"});
}
