// SPDX-License-Identifier: EUPL-1.2
#include "engine/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

namespace lkdoctor::engine {

void Bench::add(JobNumber number, Job job) {
  if (alone_) job.collecting->one_at_a_time();
  jobs_.emplace(number, std::move(job));
}

void Bench::cancel(JobNumber number, Clock::time_point now) {
  const auto job = jobs_.find(number);
  if (job == jobs_.end()) return;
  if (worker_) worker_->send(encode(Cancel{number}));
  job->second.collecting->cancel(now);
}

bool Bench::is_busy() const {
  return std::ranges::any_of(jobs_, [](const auto& job) { return job.second.collecting->is_running(); });
}

void Bench::advance(Clock::time_point now, bool late) {
  if (late) last_tick_ = now;
  if (worker_) listen(now);
  for (auto& [number, job] : jobs_) {
    job.collecting->enforce_deadlines(now);
    if (job.collecting->left_behind()) open_ = false;
  }
  if (!is_busy()) last_tick_ = now;  // a worker without a check says nothing: its silence counts from here
  for (auto& [number, job] : jobs_) order(number, job, now);
}

Deadline Bench::next_wake() const {
  Deadline wake = Deadline::max();
  for (const auto& [number, job] : jobs_) {
    if (!job.collecting->is_running()) return {};
    wake = earlier(wake, job.collecting->next_wake());
  }
  return jobs_.empty() ? wake : earlier(wake, last_tick_ + limits_.silence);
}

void Bench::order(JobNumber number, Job& job, Clock::time_point now) {
  for (Order& order : job.collecting->start(now)) {
    try {
      if (!worker_) worker_ = std::make_unique<Child>(scope_, limits_, watch_);
    } catch (const std::system_error& error) {
      return job.collecting->fail_rest(std::string("no worker could be started: ") + error.what());
    }
    order.job = number;
    order.target = job.target;
    worker_->send(encode(order));
    job.collecting->sent(order);
  }
}

void Bench::listen(Clock::time_point now) {
  const bool dead = worker_->dead();  // asked first: all it said is read before its death is judged
  for (const std::string& line : worker_->receive()) {
    auto message = decode_message(line);
    if (!message) return replace("its worker said something that is no message", {});
    if (message->kind == Message::Kind::tick) last_tick_ = now;
    const auto job = jobs_.find(message->job);
    if (job == jobs_.end()) continue;
    job->second.said += line.size();
    if (job->second.said > limits_.job_bytes) return replace("its worker said too much", {false, job->first});
    job->second.collecting->hear(std::move(*message));
  }
  if (worker_->broken()) return replace("its worker said too much", {});
  if (dead) return replace({}, {true, {}});
  if (!is_busy() || now < last_tick_ + limits_.silence) return;
  const double silence = static_cast<double>(limits_.silence.count()) / 1000;
  replace(fmt::format("hung: did not answer for {:g} s", silence), {true, {}});
}

std::optional<Bench::Guilty> Bench::named_by(const Mark& mark) const {
  if (mark.check >= scope_.checks.size()) return std::nullopt;  // a check wrote over it
  return Guilty{mark.job, scope_.checks[mark.check]->info().id};
}

std::optional<Bench::Guilty> Bench::only_one(std::optional<JobNumber> among) const {
  std::vector<Guilty> running;
  for (const auto& [number, job] : jobs_) {
    if (among && *among != number) continue;
    for (const std::string_view check : job.collecting->running()) running.push_back({number, check});
  }
  return running.size() == 1 ? std::optional(running.front()) : std::nullopt;
}

/// Ends the worker, fails the check it was in, and has the others run again in a new one. A job that is
/// suspected and not convicted leaves, so that the next time it is plain.
void Bench::replace(const std::string& reason, Trace trace) {
  const std::string ending = worker_->end();
  const auto mark = trace.exact ? worker_->current() : std::nullopt;
  worker_.reset();
  auto guilty = mark ? named_by(*mark) : std::nullopt;
  if (!guilty) guilty = only_one(trace.job);
  for (auto next = jobs_.begin(); next != jobs_.end();) {
    const auto current = next++;
    auto& [number, job] = *current;
    const bool suspected = !guilty && job.collecting->is_running() && trace.job.value_or(number) == number;
    const bool convicted = guilty && guilty->job == number;
    // A check that was given up at its deadline may still do harm; it has its failure already.
    job.collecting->start_over(convicted ? std::optional(guilty->check) : std::nullopt,
                               reason.empty() ? ending : reason);
    job.said = 0;
    if (suspected) suspects_.insert(jobs_.extract(current));
  }
}

Bench::Jobs Bench::take_finished() {
  Jobs finished;
  for (auto next = jobs_.begin(); next != jobs_.end();) {
    const auto current = next++;
    if (!current->second.collecting->finished()) continue;
    if (worker_) worker_->send(encode(Cancel{current->first}));
    finished.insert(jobs_.extract(current));
  }
  return finished;
}

void Bench::stop(Milliseconds patience) {
  for (auto& [number, job] : jobs_) job.collecting->interrupt();
  if (worker_) worker_->dismiss(patience);
  worker_.reset();
}

}  // namespace lkdoctor::engine
