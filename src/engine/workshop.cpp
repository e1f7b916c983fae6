// SPDX-License-Identifier: EUPL-1.2
#include "engine/workshop.hpp"

#include <algorithm>

namespace lkdoctor::engine {

Workshop::Workshop(Scope scope, const WorkerLimits& limits) : scope_(std::move(scope)), limits_(limits) {}

Bench& Workshop::open_bench() {
  const auto open = std::ranges::find_if(benches_, [](const auto& bench) { return bench->is_open(); });
  if (open != benches_.end()) return **open;
  return *benches_.emplace_back(std::make_unique<Bench>(scope_, limits_, watch_, false));
}

JobNumber Workshop::start(std::size_t target, std::vector<PlannedCheck> plan, JobOptions options) {
  auto collecting = std::make_unique<Collecting>(std::move(plan), *scope_.targets.at(target), limits_.grace,
                                                 std::move(options));
  open_bench().add(++last_job_, {target, std::move(collecting)});
  return last_job_;
}

void Workshop::cancel(JobNumber job) {
  for (const auto& bench : benches_) bench->cancel(job, Clock::now());
}

std::vector<Workshop::Ended> Workshop::advance() {
  const auto now = Clock::now();
  const bool late = now - limits_.silence / 4 > expected_;
  std::vector<Ended> ended;
  for (std::size_t place = 0; place < benches_.size(); ++place) {  // suspects append to it
    Bench& bench = *benches_[place];
    bench.advance(now, late);
    move_ended(bench, ended);
    for (auto& [number, job] : bench.take_suspects()) {
      benches_.push_back(std::make_unique<Bench>(scope_, limits_, watch_, true));
      benches_.back()->add(number, std::move(job));
    }
  }
  std::erase_if(benches_, [](const auto& bench) { return bench->is_empty() && !bench->is_open(); });
  expected_ = next_wake();
  return ended;
}

void Workshop::move_ended(Bench& bench, std::vector<Ended>& into) {
  for (auto& [number, job] : bench.take_finished()) {
    into.push_back({number, job.collecting->take(Clock::now())});
  }
}

Deadline Workshop::next_wake() const {
  Deadline wake = Deadline::max();
  for (const auto& bench : benches_) wake = earlier(wake, bench->next_wake());
  return wake;
}

bool Workshop::is_idle() const {
  return std::ranges::all_of(benches_, [](const auto& bench) { return bench->is_empty(); });
}

std::vector<Workshop::Ended> Workshop::stop(Milliseconds patience) {
  std::vector<Ended> ended;
  for (const auto& bench : benches_) {
    bench->stop(patience);
    move_ended(*bench, ended);
  }
  benches_.clear();
  return ended;
}

}  // namespace lkdoctor::engine
