// SPDX-License-Identifier: EUPL-1.2
#include "serve/prober.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lkdoctor/wall_clock.hpp>
#include <random>

#include "engine/vantage.hpp"
#include "serve/sparing.hpp"

namespace lkdoctor::serve {
namespace {

constexpr Milliseconds kSecond{1000};
constexpr Milliseconds kToAnswer{200};  ///< from the end of a run to the scraper
constexpr Milliseconds kLeast{100};     ///< a run gets

/// 16 hexadecimal digits: what an exemplar and an event call a run.
std::string new_run_id() {
  static thread_local std::random_device source;
  return fmt::format("{:08x}{:08x}", source(), source());
}

/// The deployments as runs need them: what this machine shows by itself is in them.
std::vector<Deployment> settled(const Settings& settings) {
  std::vector<Deployment> out;
  for (const Target& target : settings.targets) out.push_back(target.loaded.deployment);
  engine::settle_before(out);
  return out;
}

engine::Scope scope_of(const engine::CheckList& checks, const std::vector<Deployment>& deployments) {
  engine::Scope out;
  for (const auto& check : checks) out.checks.push_back(check.get());
  for (const Deployment& deployment : deployments) out.targets.push_back(&deployment);
  return out;
}

}  // namespace

/// Settings in force, and the worker that knows them.
struct Prober::Shop {
  Shop(boost::asio::io_context& context, const engine::CheckList& checks,
       std::shared_ptr<const Settings> what)
      : settings(std::move(what)),
        deployments(settled(*settings)),
        loop(context.get_executor(), scope_of(checks, deployments)) {}

  std::size_t place_of(const std::string& target) const {
    const Target* found = settings->find_target(target);
    return static_cast<std::size_t>(found - settings->targets.data());
  }

  std::shared_ptr<const Settings> settings;
  std::vector<Deployment> deployments;
  engine::WorkshopLoop loop;
};

struct Prober::Run {
  std::shared_ptr<Shop> shop;
  engine::JobNumber job = 0;
  bool asked = false;  ///< begun for those who wait, not by the agenda
  std::vector<boost::asio::steady_timer*> waiters;
  std::shared_ptr<Board> aside;  ///< takes what a module other than the target's own brings home
};

Prober::Prober(boost::asio::io_context& context, const engine::CheckList& checks, JudgeRun judge, Hooks hooks,
               std::uint64_t seed)
    : context_(context),
      checks_(checks),
      judge_(std::move(judge)),
      hooks_(std::move(hooks)),
      agenda_(seed),
      board_(checks, judge_target()),
      next_(context),
      second_(context) {}

Prober::~Prober() = default;

JudgeTarget Prober::judge_target() {
  return [this](const std::string& name, const Recording& merged) {
    const std::size_t place = shop_->place_of(name);
    return judge_(settings_->targets[place], shop_->deployments[place], merged);
  };
}

void Prober::adopt(std::shared_ptr<const Settings> settings) {
  const auto now = Clock::now();
  auto shop = std::make_shared<Shop>(context_, checks_, settings);
  if (shop_) closing_.push_back(std::move(shop_));
  shop_ = std::move(shop);
  settings_ = std::move(settings);
  std::vector<Watched> watched;
  std::vector<Appointment> appointments;
  for (const Target& target : settings_->targets) {
    watched.push_back(target.watched());
    appointments.push_back(target.appointment());
  }
  board_.watch(std::move(watched), now);
  agenda_.allow_joins(settings_->joins_at_once);
  agenda_.appoint(std::move(appointments), now);
  keep_agenda();
  keep_time();
  close_idle_shops();
}

Prober::Run& Prober::start(const DueRun& due, const Board& known, std::optional<Milliseconds> patience) {
  const std::size_t place = shop_->place_of(due.target);
  const Deployment& deployment = shop_->deployments[place];
  const Report* before = known.report(due.target);
  const engine::Selection selection{checks_to_run(due, before, known.doubted(due.target)),
                                    shop_->settings->targets[place].selection.skip};
  engine::JobOptions options;
  options.facts.emplace(facts::refusals.name, refusals_of(due, before));
  options.patience = patience;
  const auto done = [this, target = due.target](Recording recording) { ended(target, std::move(recording)); };
  auto run = std::make_unique<Run>();
  run->shop = shop_;
  run->job =
      shop_->loop.start(place, engine::make_plan(checks_, deployment, selection), std::move(options), done);
  return *(running_[due.target] = std::move(run));
}

void Prober::ended(const std::string& target, Recording recording) {
  const auto run = std::move(running_.extract(target).mapped());
  if (stopped_) return;
  agenda_.ended(target, Clock::now());
  const Target* now = settings_->find_target(target);
  const Target* then = run->shop->settings->find_target(target);
  if (now != nullptr && run->aside != nullptr) {
    run->aside->take(target, {new_run_id(), std::move(recording), wall_ms(), Clock::now()});
  } else if (now != nullptr && now->revision == then->revision) {
    take(target, std::move(recording));
  }
  for (boost::asio::steady_timer* waiter : run->waiters) waiter->cancel();
  keep_agenda();
  // A loop must not end inside of what it calls.
  boost::asio::post(context_, [this, shop = run->shop] { close_idle_shops(); });
}

void Prober::take(const std::string& target, Recording recording) {
  const auto now = Clock::now();
  const Board::Taken taken = board_.take(target, {new_run_id(), std::move(recording), wall_ms(), now});
  if (!taken.settled) agenda_.make_sure(target, now);
  for (const Event& event : taken.events) {
    if (event.kind == Event::Kind::changed) agenda_.changed(target);
    if (hooks_.event) hooks_.event(event);
  }
  if (hooks_.ran) hooks_.ran(target);
}

void Prober::keep_agenda() {
  if (stopped_) return;
  for (const DueRun& due : agenda_.due(Clock::now())) start(due, board_, std::nullopt);
  const auto next = agenda_.next();
  next_.expires_at(next.value_or(Clock::time_point::max()));
  next_.async_wait([this](boost::system::error_code error) {
    if (!error) keep_agenda();
  });
}

/// What grows old does so without anything that ends.
void Prober::keep_time() {
  second_.expires_after(kSecond);
  second_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    board_.age(Clock::now());
    keep_time();
  });
}

void Prober::close_idle_shops() {
  std::erase_if(closing_, [](const std::shared_ptr<Shop>& shop) { return shop->loop.is_idle(); });
}

/// Takes what a module other than the target's own brings home.
std::unique_ptr<Board> Prober::board_aside(const Target& target, const Module& module) {
  auto out = std::make_unique<Board>(checks_, judge_target(), 1);
  Watched watched = target.watched();
  watched.checks = watched.selection.only = checks_of(module);
  out->watch({std::move(watched)}, Clock::now());
  return out;
}

boost::asio::awaitable<std::shared_ptr<const Block>> Prober::probe(std::string name, std::string module,
                                                                   Milliseconds patience) {
  const Deadline deadline = Clock::now() + patience;
  const Target& target = *settings_->find_target(name);
  const bool own = module.empty() || module == target.module.name;
  const Module wanted = own ? target.module : *settings_->find_module(module);
  const std::shared_ptr<Board> aside = own ? nullptr : board_aside(target, wanted);
  // One run of a target at a time; another module has to wait for its turn.
  while (aside && running_.contains(name) && Clock::now() < deadline) co_await wait_for_end(name, deadline);
  if (const auto due = agenda_.start_now(name, wanted.lanes)) {
    Run& run = start(*due, aside ? *aside : board_, std::max(kLeast, patience - kToAnswer));
    run.asked = true;
    run.aside = aside;
  }
  if (running_.contains(name)) co_await wait_for_end(name, deadline);
  const Board& answers = aside ? *aside : board_;
  if (aside && aside->report(name) == nullptr) co_return nullptr;  // no run of it has ended in time
  co_return answers.watches(name) ? answers.unlabelled(name) : nullptr;
}

boost::asio::awaitable<void> Prober::wait_for_end(std::string target, Deadline deadline) {
  boost::asio::steady_timer timer(context_, deadline);
  running_[target]->waiters.push_back(&timer);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  const auto run = running_.find(target);
  if (run == running_.end() || std::erase(run->second->waiters, &timer) == 0) co_return;
  // It goes on, and who asked does not wait any longer.
  if (run->second->asked && run->second->waiters.empty()) run->second->shop->loop.cancel(run->second->job);
}

void Prober::stop(Milliseconds patience) {
  stopped_ = true;
  next_.cancel();
  second_.cancel();
  if (shop_) shop_->loop.stop(patience);
  for (const auto& shop : closing_) shop->loop.stop(patience);
}

}  // namespace lkdoctor::serve
