// SPDX-License-Identifier: EUPL-1.2
#include "probes/sweep_rounds.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lkdoctor::probes {
namespace {

constexpr double kFirstPace = 20'000;
constexpr double kSecondPace = 10'000;
constexpr double kPaceOfSilence = 2'500;  // where nothing at all came back
constexpr double kSlowest = 50;
constexpr double kOfThroughput = 0.7;
constexpr double kTooMuchLoss = 0.2;
constexpr double kSteepestDescent = 0.125;  // of the pace, after a round that was too fast
constexpr double kByChance = 1e-6;
constexpr int kMostRounds = 18;
constexpr std::size_t kSample = 256;
constexpr std::size_t kEdge = 8;  // of a silent run, asked until each port of its own is beyond chance
constexpr std::size_t kFewestControls = 32, kMostControls = 400, kPortsPerControl = 8;
// Of the first round, before any port of the range is known to answer.
constexpr std::size_t kFirstControls = 64, kPortsPerFirstControl = 64;

// A path that carries no more is called limited: it is tried faster before.
constexpr double kSuspectPace = 500, kTimesFaster = 4, kSecondsFaster = 0.6;
constexpr double kFewestFaster = 64, kMostFaster = 2'000;

constexpr double kPaceOfFlows = 1'000;
constexpr std::size_t kFlows = 32;
constexpr double kFlowsLost = 0.3;  // beyond what the path loses anyway: four standard deviations of 32

}  // namespace

void SweepResult::add(const SweepResult& more) {
  answered.insert(answered.end(), more.answered.begin(), more.answered.end());
  closed.insert(closed.end(), more.closed.begin(), more.closed.end());
  controls_answered += more.controls_answered;
  took += more.took;
}

SweepRounds::SweepRounds(SweepGround ground)
    : ports_(std::move(ground.ports)), also_open_(std::move(ground.also_open)), slices_(ground.slices) {
  std::ranges::sort(ports_);
  for (const std::uint16_t port : ground.greeting) greeting_[port] = true;
}

std::optional<SweepRound> SweepRounds::next() {
  if (rounds_ == 0) {
    const std::size_t controls = std::min(ports_.size() / kPortsPerFirstControl + 1, kFirstControls);
    return ports_.empty() ? std::nullopt
                          : std::optional(round_of(Aim::silence, ports_, controls, kFirstPace));
  }
  std::vector<std::uint16_t> left = undecided();
  if (rounds_ >= kMostRounds) return std::nullopt;
  if (left.empty()) {
    left = slices_.of_each(silent(), kSample);
    if (left.empty() || by_flow_ || (confirmed_ && flows_pass_)) return faster();
    if (confirmed_) return fresh_flows();
    confirming_ = true;
    pace_ = std::min(pace_, kPaceOfSilence);
  }
  std::size_t controls = std::clamp(left.size() / kPortsPerControl, kFewestControls, kMostControls);
  if (sampling_) {
    left = spread(slices_.in_few(left), kSample);
    controls = std::min(controls, kSample);
  }
  SweepRound round = round_of(Aim::silence, std::move(left), controls, pace_);
  return last_.controls == 0 ? std::nullopt : std::optional(std::move(round));
}

/// Each slice has its share of the controls: what is silent in it has to be so beside these.
SweepRound SweepRounds::round_of(Aim aim, std::vector<std::uint16_t> ports, std::size_t controls,
                                 double pace) {
  SweepRound out;
  last_ = {aim, std::move(ports), 0, pace};
  for (SlicedPorts& part : slices_.parts(last_.ports)) {
    const std::size_t share = share_of(controls, part.ports.size(), last_.ports.size());
    out.push_back(
        {std::move(part.ports), some_controls(part.slice, share), pace, aim == Aim::new_flows, part.slice});
    last_.controls += out.back().controls.size();
  }
  return out;
}

void SweepRounds::heard(const SweepResult& result) {
  (void)take_answers(result);
}

/// How many ports answered for the first time.
std::size_t SweepRounds::take_answers(const SweepResult& result) {
  std::size_t fresh = 0;
  for (const std::uint16_t port : result.answered) {
    fresh += !open_[port] && std::ranges::binary_search(ports_, port) ? 1U : 0U;
    open_[port] = true;
  }
  for (const std::uint16_t port : result.closed) {
    const auto at = std::ranges::lower_bound(ports_, port);
    if (!open_[port] && at != ports_.end() && *at == port) ports_.erase(at);
  }
  return fresh;
}

/// Silent ports and open ones, as new flows.
std::optional<SweepRound> SweepRounds::fresh_flows() {
  SweepRound round = round_of(Aim::new_flows, spread(slices_.in_few(silent()), kFlows), kFlows,
                              std::min(pace_, kPaceOfFlows));
  return last_.controls == 0 ? std::nullopt : std::optional(std::move(round));
}

/// What looks like a limit may have been a host that was busy for a moment. Long enough that what a limit
/// lets through at once does not hide it, and in one slice: so would a pause between two.
std::optional<SweepRound> SweepRounds::faster() {
  if (slow_ || good_pace_ == 0 || good_pace_ >= kSuspectPace) return std::nullopt;
  const double pace = kTimesFaster * good_pace_;
  const double many = std::clamp(kSecondsFaster * pace, kFewestFaster, kMostFaster);
  std::vector<std::uint16_t> open;
  std::ranges::copy_if(ports_, std::back_inserter(open), [&](std::uint16_t port) { return open_[port]; });
  const std::size_t slice = open.empty() ? 0 : slices_.fullest(open).slice;
  SweepVolley volley{{}, some_controls(slice, static_cast<std::size_t>(many)), pace, false, slice};
  last_ = {Aim::pace, {}, volley.controls.size(), pace};
  return last_.controls == 0 ? std::nullopt : std::optional(SweepRound{std::move(volley)});
}

void SweepRounds::judge_faster(const SweepResult& result) {
  const auto sent = static_cast<double>(last_.controls);
  slow_ = static_cast<double>(result.controls_answered) < (1 - kTooMuchLoss) * sent;
  if (!slow_) good_pace_ = last_.pace;
}

void SweepRounds::judge_flows(const SweepResult& result, std::size_t fresh) {
  const auto sent = static_cast<double>(last_.controls);
  const std::size_t lost = last_.controls - std::min(last_.controls, result.controls_answered);
  flows_sent_ += last_.controls;
  flows_lost_ += lost;
  const double usual = static_cast<double>(controls_lost_) / static_cast<double>(controls_sent_);
  const bool open_lost = static_cast<double>(lost) > (usual + kFlowsLost) * sent;
  // What was silent in the old flow and answers in a new one is no rule about its port.
  const bool silent_heard = fresh * 4 > last_.ports.size();
  if (open_lost || silent_heard) {
    by_flow_ = ++bad_flow_rounds_ > 1;
  } else if (fresh > 0) {
    confirmed_ = false;
    ++doubts_;
  } else {
    flows_pass_ = true;
  }
}

void SweepRounds::ended(const SweepResult& result) {
  const std::size_t fresh = take_answers(result);
  if (++rounds_ == 1) return after_first(result, fresh);
  if (last_.aim == Aim::pace) return judge_faster(result);
  if (last_.aim == Aim::new_flows) {
    judge_flows(result, fresh);
    return decide();
  }
  const std::size_t sent = last_.controls;
  const std::size_t lost = sent - std::min(sent, result.controls_answered);
  if (static_cast<double>(lost) > kTooMuchLoss * static_cast<double>(sent)) {
    // As it may be loss at any pace, one that is slow enough counts all the same.
    if (pace_ > kSlowest) {
      const double carried = static_cast<double>(sent - lost) / static_cast<double>(sent);
      pace_ = std::max(kSlowest, pace_ * std::clamp(kOfThroughput * carried, kSteepestDescent, 0.5));
      return;
    }
  }
  sampling_ = false;
  good_pace_ = std::max(good_pace_, pace_);
  controls_sent_ += sent;
  controls_lost_ += lost;
  for (const std::uint16_t port : last_.ports) ++tries_[port];
  if (confirming_) {
    confirming_ = false;
    confirmed_ = fresh == 0;
    // Something was lost in lumps: by chance is not what it was.
    if (!confirmed_) ++doubts_;
  }
  decide();
}

std::vector<std::uint16_t> SweepRounds::silent() const {
  std::vector<std::uint16_t> out;
  for (const std::uint16_t port : ports_) {
    if (!open_[port]) out.push_back(port);
  }
  return out;
}

/// Few answers are few open ports or much loss. What is known to answer tells which, and a sample of what is
/// silent shows it again before all of it is asked.
void SweepRounds::after_first(const SweepResult& result, std::size_t fresh) {
  first_answers_ = fresh;
  if (fresh == ports_.size()) good_pace_ = kFirstPace;
  const double seconds = std::max(1e-3, static_cast<double>(result.took.count()) / 1e6);
  const double came = kOfThroughput * static_cast<double>(fresh) / seconds;
  const auto sent = static_cast<double>(last_.controls);
  const double carried = sent > 0 ? static_cast<double>(result.controls_answered) / sent : 0;
  first_lost_ = carried < 1;
  const bool carries_all = carried >= 1 - kTooMuchLoss;
  const bool most_came = static_cast<double>(fresh) >= 0.9 * static_cast<double>(ports_.size());
  pace_ = carries_all || most_came ? kSecondPace : std::max(came, kOfThroughput * carried * kFirstPace);
  if (fresh == 0 && !carries_all) pace_ = kPaceOfSilence;
  pace_ = std::clamp(pace_, kSlowest, kSecondPace);
  sampling_ = !most_came && came < pace_ / 2;
}

/// Laplace's rule: none lost of a few is not "no loss".
int SweepRounds::tries_needed() const {
  const double loss = static_cast<double>(controls_lost_ + 1) / static_cast<double>(controls_sent_ + 2);
  return 2 * doubts_ + static_cast<int>(std::ceil(std::log(kByChance) / std::log(std::min(loss, 0.9))));
}

std::vector<SweepRounds::Run> SweepRounds::silent_runs() const {
  std::vector<Run> out;
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (open_[ports_[i]]) continue;
    if (out.empty() || out.back().last + 1 != i) out.push_back({i, i});
    out.back().last = i;
  }
  return out;
}

/// Few open ports stand together among many silent ones: each of those may be another. So it may be where
/// none is open, and the path loses some.
bool SweepRounds::may_be_single() const {
  const std::vector<Run> silent = silent_runs();
  if (silent.size() == 1 && silent[0].last - silent[0].first + 1 == ports_.size())
    return controls_lost_ > 0 || first_lost_;
  std::size_t open_from = 0;
  bool after_long = true;
  const auto is_few = [&](std::size_t end) { return end > open_from && end - open_from < kEdge; };
  for (const Run& run : silent) {
    const bool is_long = run.last - run.first >= 2 * kEdge;
    if (after_long && is_long && is_few(run.first)) return true;
    open_from = run.last + 1;
    after_long = is_long;
  }
  return !silent.empty() && after_long && is_few(ports_.size());
}

/// All of a long run is silent by chance much more rarely than one port: its inner ports need few tries.
void SweepRounds::decide() {
  const int needed = tries_needed();
  const bool single = doubts_ > 0 || may_be_single();
  for (const Run& run : silent_runs()) {
    int together = 0;
    for (std::size_t i = run.first; i <= run.last; ++i) together += tries_[ports_[i]];
    for (std::size_t i = run.first; i <= run.last; ++i) {
      const bool inner = !single && i >= run.first + kEdge && i + kEdge <= run.last;
      decided_[ports_[i]] = tries_[ports_[i]] >= needed || (inner && together >= needed);
    }
  }
}

std::vector<std::uint16_t> SweepRounds::undecided() const {
  std::vector<std::uint16_t> out;
  for (const std::uint16_t port : ports_) {
    if (!open_[port] && !decided_[port]) out.push_back(port);
  }
  return out;
}

std::vector<std::uint16_t> SweepRounds::some_controls(std::size_t slice, std::size_t wanted) const {
  std::vector<std::uint16_t> known = also_open_;
  for (const std::uint16_t port : ports_) {
    if (open_[port] && (greeting_[port] || slices_.of(port) == slice)) known.push_back(port);
  }
  if (known.empty()) return known;
  std::vector<std::uint16_t> out = spread(known, wanted);
  for (std::size_t i = 0; out.size() < wanted; ++i) out.push_back(out[i]);
  return out;
}

bool SweepRounds::blocked(std::uint16_t port) const {
  return confirmed_ && flows_pass_ && !by_flow_ && !open_[port] && decided_[port];
}

double SweepRounds::first_loss() const {
  const auto open = static_cast<double>(ports_.size() - silent().size());
  return open > 0 ? 1.0 - static_cast<double>(first_answers_) / open : 0;
}

std::optional<double> SweepRounds::loss_ratio() const {
  if (controls_sent_ == 0 && first_answers_ == ports_.size() && rounds_ == 1) return 0.0;
  if (controls_sent_ == 0) return std::nullopt;
  return static_cast<double>(controls_lost_) / static_cast<double>(controls_sent_);
}

}  // namespace lkdoctor::probes
