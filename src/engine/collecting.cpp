// SPDX-License-Identifier: EUPL-1.2
#include "engine/collecting.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/opening.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::engine {
namespace {

using Kind = Message::Kind;

std::string seconds(Milliseconds span) {
  return fmt::format("{:.1f} s", static_cast<double>(span.count()) / 1000);
}

}  // namespace

Collecting::Collecting(std::vector<PlannedCheck> plan, const Deployment& deployment, Milliseconds grace,
                       JobOptions options)
    : plan_(std::move(plan)),
      deployment_(deployment),
      grace_(grace),
      options_(std::move(options)),
      redactor_(redactor_for(deployment)),
      schedule_(plan_),
      states_(plan_.size()),
      recording_(open_recording(plan_, deployment)),
      end_(options_.begun +
           std::min(deployment.run.deadline, options_.patience.value_or(deployment.run.deadline))) {
  const auto before = std::chrono::duration_cast<Milliseconds>(Clock::now() - options_.begun);
  recording_.started_ms -= before.count();
  untold_ = options_.facts;
}

std::optional<std::size_t> Collecting::running_place_of(std::string_view id) const {
  for (const std::size_t check : schedule_.running()) {
    if (info(check).id == id) return check;
  }
  return std::nullopt;
}

std::vector<std::string_view> Collecting::running() const {
  std::vector<std::string_view> ids;
  for (const std::size_t check : schedule_.running()) ids.push_back(info(check).id);
  return ids;
}

void Collecting::progress(std::string_view check, Progress::Step step) const {
  if (options_.on_progress) options_.on_progress({std::string(check), step});
}

std::vector<Order> Collecting::start(Clock::time_point now) {
  if (!std::exchange(stirred_, false)) return {};
  for (const Schedule::Skip& skipped : schedule_.give_up()) {
    recording_.skipped[std::string(info(skipped.check).id)] = skipped.reason;
  }
  std::vector<Order> orders;
  if (now >= end_) {
    for (const std::size_t check : schedule_.waiting()) {
      fail(check,
           "deadline: the run's " + seconds(deployment_.run.deadline) + " were over before it could start");
    }
    return orders;
  }
  for (const std::size_t check : schedule_.start()) orders.push_back(order(check, now));
  return orders;
}

Order Collecting::order(std::size_t check, Clock::time_point now) {
  State& state = states_[check];
  const CheckInfo& about = info(check);
  const bool longer = deployment_.run.thorough && about.thorough_budget.count() > 0;
  const Milliseconds budget =
      deployment_.run.check_timeout.value_or(longer ? about.thorough_budget : about.budget);
  state.deadline = earlier(now + budget, end_);
  state.granted = std::chrono::ceil<Milliseconds>(state.deadline - now);
  collected(check);
  Order order;
  order.run = std::string(about.id);
  order.facts = std::exchange(untold_, {});
  order.deadline = state.granted;
  return order;
}

void Collecting::hear(Message message) {
  const auto check = running_place_of(message.check);
  if (!check) return;
  Collected& into = collected(*check);
  switch (message.kind) {
    case Kind::tick:
      return;
    case Kind::log:
      into.log.push_back(redactor_.clean(message.text));
      return;
    case Kind::phase:
      into.phases.push_back({message.text, message.took});
      return;
    case Kind::effect:
      return count(message.text);
    case Kind::fact:
      return store_fact(*check, std::move(message));
    case Kind::failed:
      into.took = message.took;
      return fail(*check, message.text);
    case Kind::observation:
      redact(message.value, redactor_);
      into.observation = std::move(message.value);
      into.took = message.took;
      end(*check);
  }
}

void Collecting::store_fact(std::size_t check, Message message) {
  const auto& gives = info(check).gives;
  if (std::ranges::find(gives, message.text) == gives.end()) return;
  redact(message.value, redactor_);
  recording_.facts.emplace(message.text, std::move(message.value));
  schedule_.published(message.text);
  stirred_ = true;
}

void Collecting::count(const std::string& effect) {
  SideEffects& effects = recording_.side_effects;
  if (effect == "request") ++effects.requests;
  if (effect == "unauthorized") ++effects.unauthorized;
  if (effect == "join") ++effects.joins;
  if (effect == "room") ++effects.rooms;
}

void Collecting::fail(std::size_t check, const std::string& reason) {
  collected(check).failure = redactor_.clean(recording_.interrupted ? "interrupted" : reason);
  end(check);
}

void Collecting::end(std::size_t check) {
  schedule_.ended(check);
  stirred_ = true;
  progress(info(check).id, Progress::Step::finished);
}

void Collecting::fail_rest(const std::string& reason) {
  for (const std::size_t check : schedule_.running()) fail(check, reason);
  for (const std::size_t check : schedule_.waiting()) fail(check, reason);
}

void Collecting::enforce_deadlines(Clock::time_point now) {
  for (const std::size_t check : schedule_.running()) {
    const State& state = states_[check];
    if (now < state.deadline + grace_) continue;
    left_behind_ = true;
    fail(check,
         "deadline: no end within " + seconds(state.granted) + ", and it did not react to its cancellation");
  }
}

Deadline Collecting::next_wake() const {
  Deadline wake = Deadline::max();
  for (const std::size_t check : schedule_.running()) wake = earlier(wake, states_[check].deadline + grace_);
  return wake;
}

void Collecting::start_over(std::optional<std::string_view> guilty, const std::string& reason) {
  untold_ = recording_.facts;
  untold_.insert(options_.facts.begin(), options_.facts.end());
  stirred_ = true;
  const auto blamed = guilty ? running_place_of(*guilty) : std::nullopt;
  if (blamed) fail(*blamed, reason);
  for (const std::size_t check : schedule_.running()) {
    if (recording_.interrupted) {
      fail(check, reason);
      continue;
    }
    Collected& into = collected(check);
    into.phases.clear();
    into.log.push_back("started again: the worker it shared ended");
    schedule_.again(check);
  }
}

void Collecting::cancel(Clock::time_point now) {
  recording_.interrupted = true;
  for (const std::size_t check : schedule_.waiting()) fail(check, {});
  for (const std::size_t check : schedule_.running()) {
    states_[check].deadline = earlier(states_[check].deadline, now);
  }
}

void Collecting::interrupt() {
  recording_.interrupted = true;
  fail_rest({});
}

Recording Collecting::take(Clock::time_point now) {
  recording_.duration = std::chrono::duration_cast<Microseconds>(now - options_.begun);
  return std::move(recording_);
}

}  // namespace lkdoctor::engine
