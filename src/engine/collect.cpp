// SPDX-License-Identifier: EUPL-1.2
#include "engine/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "engine/child.hpp"
#include "engine/opening.hpp"
#include "engine/protocol.hpp"
#include "engine/schedule.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::engine {
namespace {

using Kind = Message::Kind;

constexpr Milliseconds kStopPatience{100};

std::string seconds(Milliseconds span) {
  return fmt::format("{:.1f} s", static_cast<double>(span.count()) / 1000);
}

class Run {
 public:
  Run(const std::vector<PlannedCheck>& plan, const Deployment& deployment, const CollectOptions& options);
  void until_done();
  Recording take();

 private:
  struct State {
    Milliseconds granted{0};
    Deadline deadline;
  };

  const CheckInfo& info(std::size_t check) const { return plan_[check].check->info(); }
  Collected& collected(std::size_t check) { return recording_.collected[std::string(info(check).id)]; }
  std::optional<std::size_t> place_of(const std::string& id) const;
  bool is_running(std::size_t check) const { return std::ranges::count(schedule_.running(), check) > 0; }
  void progress(std::size_t check, Progress::Step step) const;

  void skip(const std::vector<Schedule::Skip>& skips);
  void start_ready();
  void order(std::size_t check);
  bool need_worker();
  void fail(std::size_t check, std::string reason);
  void fail_rest(const std::string& reason);

  bool wait();
  Deadline next_wake() const;
  void listen();
  void on_message(Message message);
  void store_fact(std::size_t check, Message message);
  void count(const std::string& effect);
  void replace(const std::string& reason, bool exact);
  void enforce_deadlines();
  void interrupt();

  const std::vector<PlannedCheck>& plan_;
  const CollectOptions& options_;
  const Deployment& deployment_;
  Redactor redactor_;
  Schedule schedule_;
  std::vector<State> states_;
  Recording recording_;
  std::map<std::string, Json> untold_;  ///< facts the worker does not know yet
  std::unique_ptr<Child> worker_;
  Clock::time_point begin_, last_tick_ = Clock::now();
  Deadline end_;
};

Run::Run(const std::vector<PlannedCheck>& plan, const Deployment& deployment, const CollectOptions& options)
    : plan_(plan),
      options_(options),
      deployment_(deployment),
      redactor_(redactor_for(deployment)),
      schedule_(plan),
      states_(plan.size()),
      recording_(open_recording(plan, deployment)),
      begin_(options.begun),
      end_(begin_ + deployment.run.deadline) {
  const auto before = std::chrono::duration_cast<Milliseconds>(Clock::now() - begin_);
  recording_.started_ms -= before.count();
}

std::optional<std::size_t> Run::place_of(const std::string& id) const {
  const auto found = std::ranges::find_if(
      plan_, [&](const PlannedCheck& planned) { return planned.check->info().id == id; });
  if (found == plan_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - plan_.begin());
}

void Run::progress(std::size_t check, Progress::Step step) const {
  if (options_.on_progress) options_.on_progress({std::string(info(check).id), step});
}

void Run::until_done() {
  for (;;) {
    skip(schedule_.give_up());
    start_ready();
    if (schedule_.finished()) return;
    if (schedule_.running().empty())
      continue;  // the worker could not be started; something was failed for it
    if (!wait()) return interrupt();
    listen();
    enforce_deadlines();
  }
}

Recording Run::take() {
  worker_.reset();
  recording_.duration = std::chrono::duration_cast<Microseconds>(Clock::now() - begin_);
  return std::move(recording_);
}

void Run::skip(const std::vector<Schedule::Skip>& skips) {
  for (const Schedule::Skip& skipped : skips) {
    recording_.skipped[std::string(info(skipped.check).id)] = skipped.reason;
  }
}

void Run::start_ready() {
  if (Clock::now() >= end_) {
    for (const std::size_t check : schedule_.waiting()) {
      fail(check,
           "deadline: the run's " + seconds(deployment_.run.deadline) + " were over before it could start");
    }
    return;
  }
  const auto ready = schedule_.start();
  if (ready.empty()) return;
  if (!need_worker()) return;
  for (const std::size_t check : ready) order(check);
}

bool Run::need_worker() {
  if (worker_) return true;
  try {
    worker_ = std::make_unique<Child>(plan_, deployment_, options_.limits);
  } catch (const std::system_error& error) {
    fail_rest(std::string("no worker could be started: ") + error.what());
    return false;
  }
  untold_ = recording_.facts;
  last_tick_ = Clock::now();
  return true;
}

void Run::order(std::size_t check) {
  const auto now = Clock::now();
  State& state = states_[check];
  const CheckInfo& about = info(check);
  const bool longer = deployment_.run.thorough && about.thorough_budget.count() > 0;
  const Milliseconds budget =
      deployment_.run.check_timeout.value_or(longer ? about.thorough_budget : about.budget);
  state.deadline = earlier(now + budget, end_);
  state.granted = std::chrono::ceil<Milliseconds>(state.deadline - now);
  collected(check);
  worker_->send(encode(Order{std::string(info(check).id), std::exchange(untold_, {}), state.granted}));
  progress(check, Progress::Step::started);
}

void Run::fail(std::size_t check, std::string reason) {
  collected(check).failure = redactor_.clean(reason);
  schedule_.ended(check);
  progress(check, Progress::Step::finished);
}

void Run::fail_rest(const std::string& reason) {
  for (const std::size_t check : schedule_.running()) fail(check, reason);
  for (const std::size_t check : schedule_.waiting()) fail(check, reason);
}

Deadline Run::next_wake() const {
  Deadline wake = last_tick_ + options_.limits.silence;
  for (const std::size_t check : schedule_.running()) {
    wake = earlier(wake, states_[check].deadline + options_.limits.grace);
  }
  return wake;
}

/// Waits for the worker, a deadline or the stop. False: stop.
bool Run::wait() {
  const auto worker = worker_->events();
  std::array<pollfd, 3> events{worker[0], worker[1], pollfd{options_.stop_fd, POLLIN, 0}};
  const auto wake = next_wake();
  const auto span = std::chrono::ceil<Milliseconds>(wake - Clock::now());
  poll(events.data(), events.size(), static_cast<int>(std::max(span.count(), Milliseconds::rep{0})));
  // Woken far too late, this process itself stood still (SIGSTOP, a busy host), and so may the worker have.
  if (Clock::now() > wake + options_.limits.silence / 4) last_tick_ = Clock::now();
  return events[2].revents == 0;
}

void Run::listen() {
  const bool dead = worker_->dead();  // asked first: all it said is read before its death is judged
  for (const std::string& line : worker_->receive()) {
    auto message = decode_message(line);
    if (!message) return replace("its worker said something that is no message", false);
    on_message(std::move(*message));
  }
  if (worker_->broken()) return replace("its worker said too much", false);
  if (dead) return replace({}, true);
  if (Clock::now() < last_tick_ + options_.limits.silence) return;
  const double silence = static_cast<double>(options_.limits.silence.count()) / 1000;
  replace(fmt::format("hung: did not answer for {:g} s", silence), true);
}

void Run::on_message(Message message) {
  if (message.kind == Kind::tick) last_tick_ = Clock::now();
  const auto check = place_of(message.check);
  if (!check || !is_running(*check)) return;
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
    case Kind::observation:
      redact(message.value, redactor_);
      into.observation = std::move(message.value);
      break;
    case Kind::failed:
      into.failure = redactor_.clean(message.text);
      break;
  }
  into.took = message.took;
  schedule_.ended(*check);
  progress(*check, Progress::Step::finished);
}

void Run::store_fact(std::size_t check, Message message) {
  const auto& gives = info(check).gives;
  if (std::ranges::find(gives, message.text) == gives.end()) return;
  redact(message.value, redactor_);
  recording_.facts.emplace(message.text, std::move(message.value));
  schedule_.published(message.text);
}

void Run::count(const std::string& effect) {
  SideEffects& effects = recording_.side_effects;
  if (effect == "request") ++effects.requests;
  if (effect == "unauthorized") ++effects.unauthorized;
  if (effect == "join") ++effects.joins;
  if (effect == "room") ++effects.rooms;
}

/// Ends the worker, fails the check it was in, and has the others run again in a new one. `exact`: the mark
/// tells that check, because the worker stopped there. Where nobody can be blamed, checks run alone from then
/// on, so that the next time it is plain.
void Run::replace(const std::string& reason, bool exact) {
  const std::string ending = worker_->end();
  const auto marked = exact ? worker_->current() : std::nullopt;
  worker_.reset();
  const auto running = schedule_.running();
  const auto guilty = !marked && running.size() == 1 ? running.front() : marked;
  if (!guilty) schedule_.one_at_a_time();
  // A check that was given up at its deadline may still do harm; it has its failure already.
  if (guilty && is_running(*guilty)) fail(*guilty, reason.empty() ? ending : reason);
  for (const std::size_t check : schedule_.running()) {
    Collected& into = collected(check);
    into.phases.clear();
    into.log.push_back("started again: the worker it shared ended");
    schedule_.again(check);
  }
}

void Run::enforce_deadlines() {
  const auto now = Clock::now();
  for (const std::size_t check : schedule_.running()) {
    const State& state = states_[check];
    if (now < state.deadline + options_.limits.grace) continue;
    fail(check,
         "deadline: no end within " + seconds(state.granted) + ", and it did not react to its cancellation");
  }
}

void Run::interrupt() {
  recording_.interrupted = true;
  fail_rest("interrupted");
  if (worker_) worker_->dismiss(kStopPatience);
}

}  // namespace

Recording collect(const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                  const CollectOptions& options) {
  Run run(plan, deployment, options);
  run.until_done();
  return run.take();
}

}  // namespace lkdoctor::engine
