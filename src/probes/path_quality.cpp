// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/path_quality.hpp>

#include <algorithm>
#include <cmath>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/audio_loop.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kTrain = 20, kLongTrain = 200;
constexpr Milliseconds kTrainPace{3}, kTrainPatience{400}, kMostPatience{2'500};
// A limit of a few packets a second that several flows share lets some of these through; a line that fell
// out for a moment is back by then.
constexpr int kSlowTrain = 25;
// Ten seconds of speech: some limits count packets or bytes of a flow.
constexpr int kCall = 520, kCallIsDead = 150;
constexpr Milliseconds kCallPace{20};
constexpr Milliseconds kSlowPace{80};
constexpr int kSurelyGone = 100;  // packets in a row
constexpr double kChance = 1e-6;
constexpr double kSomeLoss = 0.05;

/// What is still on its way over a long line is not lost.
Milliseconds patience_for(const std::vector<Microseconds>& rtts) {
  if (rtts.empty()) return kTrainPatience;
  const auto longest = std::chrono::duration_cast<Milliseconds>(*std::ranges::max_element(rtts));
  return std::clamp(longest + longest / 2, kTrainPatience, kMostPatience);
}

/// The checks of one measurement.
class Train {
 public:
  Train(MediaSession& session, proto::PairId pair, PathQuality* into)
      : session_(session),
        pair_(pair),
        into_(into),
        begun_(Clock::now() - into->lasted),
        sent_before_(state().requests_sent - into->sent),
        answers_before_(state().answers - into->answered) {
    if (into->sent == 0) into->answered_before = state().answers;
  }

  awaitable<void> send(int length, Milliseconds pace);
  awaitable<void> send_slowly();
  awaitable<void> send_like_a_call();
  awaitable<void> await_late_ones(int missing_before);
  void conclude();

 private:
  const proto::PairState& state() const { return session_.link().ice().state(pair_); }
  void ask();
  void note();

  MediaSession& session_;
  proto::PairId pair_;
  PathQuality* into_;
  Deadline begun_;
  int sent_before_, answers_before_;
};

void Train::ask() {
  session_.link().ice().check_again(pair_, Clock::now());
  session_.link().flush();
}

void Train::note() {
  into_->sent = state().requests_sent - sent_before_;
  const int answered = std::min(state().answers - answers_before_, into_->sent);
  if (answered > into_->answered) {
    into_->sent_until_last_answer = into_->sent;
    into_->last_answer_after = std::chrono::duration_cast<Microseconds>(Clock::now() - begun_);
  }
  into_->answered = answered;
}

awaitable<void> Train::send(int length, Milliseconds pace) {
  const int missing_before = into_->sent - into_->answered;
  for (int i = 0; i < length; ++i) {
    ask();
    co_await net::sleep_until(Clock::now() + pace);
    note();
  }
  co_await await_late_ones(missing_before);
}

awaitable<void> Train::await_late_ones(int missing_before) {
  const Deadline until = Clock::now() + patience_for(state().rtts);
  bool waiting = true;
  while (waiting && into_->sent - into_->answered > missing_before) {
    waiting = co_await session_.bell().wait(until);
    note();
  }
}

/// Until one is answered.
awaitable<void> Train::send_slowly() {
  const int answered = into_->answered;
  for (int i = 0; i < kSlowTrain && into_->answered == answered; ++i) {
    ask();
    co_await net::sleep_until(Clock::now() + kSlowPace);
    note();
  }
}

awaitable<void> Train::send_like_a_call() {
  const int missing_before = into_->sent - into_->answered;
  for (int i = 0; i < kCall && into_->sent - into_->sent_until_last_answer < kCallIsDead; ++i) {
    ask();
    co_await net::sleep_until(Clock::now() + kCallPace);
    note();
  }
  co_await await_late_ones(missing_before);
}

void Train::conclude() {
  into_->lasted = std::chrono::duration_cast<Microseconds>(Clock::now() - begun_);
  std::vector<Microseconds> rtts = state().rtts;
  std::ranges::sort(rtts);
  if (!rtts.empty()) into_->rtt = rtts[rtts.size() / 2];
}

}  // namespace

bool is_cut(int arrived, int of, int after) {
  if (arrived <= 0 || of < arrived || after < kSurelyGone) return false;
  const double loss = std::max(0.05, 1.0 - static_cast<double>(arrived) / of);
  return std::pow(loss, after) < kChance;
}

bool is_surely_above(double limit, double ratio, int sent) {
  constexpr double kOneSided = 1.28;  // in nine of ten small samples of a line with less
  return ratio - kOneSided * std::sqrt(ratio * (1 - ratio) / sent) > limit;
}

awaitable<void> measure_briefly(MediaSession& session, PathQuality* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  Train train(session, *pair, into);
  co_await train.send(kTrain, kTrainPace);
  train.conclude();
}

awaitable<void> measure_closely(MediaSession& session, PathQuality* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  Train train(session, *pair, into);
  co_await train.send(kLongTrain, kTrainPace);
  if (into->was_cut()) co_await train.send_slowly();
  train.conclude();
}

awaitable<void> measure_for_long(MediaSession& session, PathQuality* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  Train train(session, *pair, into);
  co_await train.send_like_a_call();
  if (into->was_cut()) co_await train.send_slowly();
  train.conclude();
}

awaitable<void> measure_path(MediaSession& session, PathQuality* into) {
  co_await measure_briefly(session, into);
  if (into->answered < into->sent) co_await measure_closely(session, into);
}

std::optional<double> PathQuality::loss_ratio() const {
  if (sent == 0) return std::nullopt;
  return 1.0 - static_cast<double>(answered) / sent;
}

bool PathQuality::was_cut() const {
  return is_cut(answered_before + answered, answered_before + sent_until_last_answer,
                sent - sent_until_last_answer);
}

bool PathQuality::is_lossy() const {
  const auto ratio = loss_ratio();
  return ratio && sent - answered > 1 && is_surely_above(kSomeLoss, *ratio, sent);
}

bool PathQuality::comes_and_goes() const {
  return sent >= kSurelyGone && is_lossy() && !was_cut();
}

bool AudioLoop::was_cut() const {
  const PathQuality &up = publisher.path, &down = subscriber.path;
  if (up.was_cut() || down.was_cut()) return true;
  // Small packets that still come through now and then are what a limit leaves, too.
  if (up.is_lossy() || down.is_lossy()) return false;
  return is_cut(delivered, expected_until_last, expected - expected_until_last);
}

}  // namespace lkdoctor::probes
