// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cmath>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/audio_loop.hpp>
#include <lkdoctor/probes/media_survey.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kTrain = 20, kLongTrain = 200;  // the long one where the first has lost any
constexpr Milliseconds kTrainPace{3}, kTrainPatience{400};
constexpr Milliseconds kSecondLook{700};  // a line that falls out for a moment is back by then
constexpr int kSurelyGone = 100;          // packets in a row
constexpr double kChance = 1e-6;

/// The checks of one measurement.
struct Train {
  MediaSession& session;
  proto::PairId pair;
  PathQuality* into;
  Deadline begun = Clock::now();
  int sent_before = state().requests_sent, answers_before = state().answers;

  const proto::PairState& state() const { return session.link().ice().state(pair); }
  int sent() const { return state().requests_sent - sent_before; }
  int answers() const { return state().answers - answers_before; }
  void note() {
    into->sent = sent();
    const int answered = std::min(answers(), into->sent);
    if (answered > into->answered) {
      into->sent_until_last_answer = into->sent;
      into->last_answer_after = std::chrono::duration_cast<Microseconds>(Clock::now() - begun);
    }
    into->answered = answered;
  }
};

awaitable<void> send_train(Train* train, int length) {
  const int sent_before = train->sent(), answers_before = train->answers();
  for (int i = 0; i < length; ++i) {
    train->session.link().ice().check_again(train->pair, Clock::now());
    train->session.link().flush();
    co_await net::sleep_until(Clock::now() + kTrainPace);
    train->note();
  }
  const Deadline until = Clock::now() + kTrainPatience;
  bool waiting = true;
  while (waiting && train->answers() - answers_before < train->sent() - sent_before) {
    waiting = co_await train->session.bell().wait(until);
    train->note();
  }
}

}  // namespace

bool is_cut(int arrived, int of, int after) {
  if (arrived <= 0 || of < arrived || after < kSurelyGone) return false;
  const double loss = std::max(0.05, 1.0 - static_cast<double>(arrived) / of);
  return std::pow(loss, after) < kChance;
}

awaitable<void> measure_path(MediaSession& session, PathQuality* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  Train train{session, *pair, into};
  co_await send_train(&train, kTrain);
  if (into->answered < into->sent) co_await send_train(&train, kLongTrain);
  if (into->was_cut()) {
    co_await net::sleep_until(Clock::now() + kSecondLook);
    co_await send_train(&train, kTrain);
  }
  std::vector<Microseconds> rtts = train.state().rtts;
  std::ranges::sort(rtts);
  if (!rtts.empty()) into->rtt = rtts[rtts.size() / 2];
}

std::optional<double> PathQuality::loss_ratio() const {
  if (sent == 0) return std::nullopt;
  return 1.0 - static_cast<double>(answered) / sent;
}

bool PathQuality::was_cut() const {
  return is_cut(answered, sent_until_last_answer, sent - sent_until_last_answer);
}

bool AudioLoop::was_cut() const {
  return is_cut(delivered, expected_until_last, expected - expected_until_last);
}

}  // namespace lkdoctor::probes
