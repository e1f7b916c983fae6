// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/media_survey.hpp>

namespace lkdoctor::probes {
namespace {

constexpr int kTrain = 20, kLongTrain = 200;  // the long one where the first has lost any
constexpr Milliseconds kTrainPace{3}, kTrainPatience{400};

awaitable<void> send_train(MediaSession& session, proto::PairId pair, int length) {
  proto::IceAgent& ice = session.link().ice();
  const int sent_before = ice.state(pair).requests_sent, answers_before = ice.state(pair).answers;
  for (int i = 0; i < length; ++i) {
    ice.check_again(pair, Clock::now());
    session.link().flush();
    co_await net::sleep_until(Clock::now() + kTrainPace);
  }
  const Deadline until = Clock::now() + kTrainPatience;
  const proto::PairState& state = ice.state(pair);
  bool waiting = true;
  while (waiting && state.answers - answers_before < state.requests_sent - sent_before) {
    waiting = co_await session.bell().wait(until);
  }
}

}  // namespace

awaitable<void> measure_path(MediaSession& session, PathQuality* into) {
  const auto pair = session.link().pair();
  if (!pair) co_return;
  const proto::PairState& state = session.link().ice().state(*pair);
  const int sent_before = state.requests_sent, answers_before = state.answers;
  co_await send_train(session, *pair, kTrain);
  const bool lossy = state.answers - answers_before < state.requests_sent - sent_before;
  if (lossy) co_await send_train(session, *pair, kLongTrain);
  into->sent = state.requests_sent - sent_before;
  into->answered = std::min(state.answers - answers_before, into->sent);
  std::vector<Microseconds> rtts = state.rtts;
  std::ranges::sort(rtts);
  if (!rtts.empty()) into->rtt = rtts[rtts.size() / 2];
}

std::optional<double> PathQuality::loss_ratio() const {
  if (sent == 0) return std::nullopt;
  return 1.0 - static_cast<double>(answered) / sent;
}

}  // namespace lkdoctor::probes
