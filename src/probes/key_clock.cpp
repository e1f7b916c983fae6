// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/tokens.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "probes/key_line.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

constexpr std::size_t kMostRounds = 4;
constexpr std::size_t kMostHalvings = 16;

void read_step(LadderStep& step, const Asked& asked) {
  step.sent_at_ms = asked.sent_at_ms;
  step.received_at_ms = asked.received_at_ms;
  const proto::Reading reading = asked.read();
  if (reading.meaning == Meaning::healthy || reading.meaning == Meaning::not_ready) step.accepted = true;
  if (reading.fault == proto::TokenFault::expired || reading.fault == proto::TokenFault::not_yet_valid) {
    step.accepted = false;
  }
  step.fault = reading.fault;
}

Question question_of(const Probe& probe, const KeyLine& line, const LadderStep& step) {
  const Secret token = grantless_token(probe.deployment(), step.not_before, step.expires);
  const std::string root = path_under(line.where, "/");
  return strips_authorization(*line.side) ? question("step", with_access_token(root, token))
                                          : authorized("step", root, token);
}

struct Round {
  std::vector<LadderStep> steps;
  std::optional<double> date_offset;
};

awaitable<Round> ask_round(Probe& probe, KeyLine* line, std::vector<LadderStep> steps) {
  std::vector<Question> questions;
  for (const LadderStep& step : steps) questions.push_back(question_of(probe, *line, step));
  std::vector<Asked> answers =
      co_await ask_all(probe, *line->session, std::move(questions), patience(probe, Side::public_url));
  Round out;
  out.steps = std::move(steps);
  for (std::size_t i = 0; i < out.steps.size() && i < answers.size(); ++i) {
    read_step(out.steps[i], answers[i]);
    const auto date = date_of(answers[i].answer);
    if (date)
      out.date_offset = static_cast<double>(*date) - static_cast<double>(answers[i].received_at_ms) / 1000.0;
  }
  co_return out;
}

/// Of the answers so far, the one that took the least.
std::int64_t fastest_of(const std::vector<LadderStep>& steps) {
  std::int64_t best = 1000;
  for (const LadderStep& step : steps) best = std::min(best, step.received_at_ms - step.sent_at_ms);
  return std::max<std::int64_t>(best, 0);
}

/// An answer that took much longer than others was made at an unknown time: it bounds nothing.
void doubt_if_slow(LadderStep& step, std::int64_t fastest_ms) {
  constexpr std::int64_t kSlackMs = 4;
  if (step.received_at_ms - step.sent_at_ms > fastest_ms + fastest_ms / 2 + kSlackMs) step.accepted.reset();
}

}  // namespace

Question authorized(std::string name, std::string target, const Secret& token) {
  Question out = question(std::move(name), std::move(target));
  authorize(out.request, token);
  return out;
}

awaitable<void> climb(Probe& probe, KeyLine* line, FirstHint hint, KeyObservation* into) {
  into->ladder_at = name_of(line->side->side);
  std::vector<LadderStep> steps = first_steps(hint, wall_seconds());
  for (std::size_t round = 0; round < kMostRounds && !steps.empty(); ++round) {
    const Deadline asked = Clock::now();
    Round done = co_await ask_round(probe, line, std::move(steps));
    probe.phase("ladder", std::chrono::duration_cast<Microseconds>(Clock::now() - asked));
    into->ladder.insert(into->ladder.end(), done.steps.begin(), done.steps.end());
    steps = finer_steps(bounds_of(into->ladder), done.date_offset, wall_seconds());
  }
}

awaitable<void> halve(Probe& probe, KeyLine* line, KeyObservation* into) {
  const Deadline met = Clock::now();
  const Deadline until = patience(probe, Side::public_url) - Milliseconds(1500);
  for (std::size_t count = 0; count < kMostHalvings && Clock::now() < until; ++count) {
    const std::int64_t fastest = fastest_of(into->ladder), now = wall_ms();
    const auto next = halving_step(bounds_of(into->ladder), now, fastest);
    if (!next) break;
    co_await net::sleep_until(Clock::now() + Milliseconds(next->send_at_ms - now));
    std::vector<LadderStep> steps(1, next->step);
    Round done = co_await ask_round(probe, line, std::move(steps));
    doubt_if_slow(done.steps.front(), fastest);
    into->ladder.push_back(done.steps.front());
  }
  const auto took = std::chrono::duration_cast<Microseconds>(Clock::now() - met);
  probe.phase("clock to 10 ms", took);
}

}  // namespace lkdoctor::probes
