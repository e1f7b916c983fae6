// SPDX-License-Identifier: EUPL-1.2
#include "engine/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <lkdoctor/text.hpp>
#include <map>

#include "engine/worker_probe.hpp"

namespace lkdoctor::engine {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Kind = Message::Kind;

/// One run of one check for one job. Owned by the frame of its coroutine, too: an operation that ignores its
/// cancellation may still refer to it when everybody else has forgotten it.
struct Run {
  Run(asio::io_context& io, const Check& the_check, WorkerProbe its_probe, Milliseconds budget)
      : check(the_check), probe(std::move(its_probe)), bell(io), granted(budget) {}
  const Check& check;
  WorkerProbe probe;
  asio::cancellation_signal cancel;
  asio::steady_timer bell;
  Milliseconds granted;
  Clock::time_point started = Clock::now();
  bool running = true, timed_out = false;
};
using SharedRun = std::shared_ptr<Run>;

class Worker {
 public:
  Worker(int fd, const Scope& scope, SharedMark& mark, const WorkerLimits& limits)
      : scope_(scope),
        mark_(mark),
        limits_(limits),
        wire_(fd),
        socket_(io_, asio::local::stream_protocol(), fd),
        ticker_(io_) {}

  void run() {
    read_command();
    io_.run();
  }

  /// The frame of a check went away without its end: an operation was dropped, e.g. a wait on nothing.
  void lost(const SharedRun& run) {
    asio::post(io_, [this, run] { end(run, failure(*run, "lost: its operation never completed")); });
  }

 private:
  void tick();
  void read_command();
  void obey(Order& order);
  void obey(Cancel cancel);
  std::shared_ptr<WorkerJob> job_of(Order& order);
  void start(const Order& order, std::size_t place, std::shared_ptr<WorkerJob> job);
  void ended(const SharedRun& run, const std::exception_ptr& error, Json observation);
  void end(const SharedRun& run, Message message);
  static std::string sentence(const Run& run, const std::exception_ptr& error);
  static Message failure(const Run& run, std::string text) {
    return {Kind::failed, run.probe.job(), std::string(run.check.info().id), std::move(text), Json(), {}};
  }
  template <class Wanted>
  void cancel_runs(Wanted wanted);
  void stop();
  void exit_when_idle() const {
    if (stopping_ && runs_.empty()) _exit(0);
  }

  const Scope& scope_;
  SharedMark& mark_;
  const WorkerLimits& limits_;
  Wire wire_;
  std::map<JobNumber, std::shared_ptr<WorkerJob>> jobs_;  ///< until they are cancelled
  std::vector<SharedRun> runs_;                           ///< that have not ended
  std::string input_;
  bool ticking_ = false, stopping_ = false;
  asio::io_context io_{1};
  asio::local::stream_protocol::socket socket_;
  asio::steady_timer ticker_;
};

/// Tells the worker if the coroutine's frame is destroyed before its end.
class Guard {
 public:
  Guard(Worker& worker, SharedRun run) : worker_(worker), run_(std::move(run)) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (!ended_) worker_.lost(run_);
  }
  void ended() { ended_ = true; }

 private:
  Worker& worker_;
  SharedRun run_;
  bool ended_ = false;
};

awaitable<Json> run_check(Worker& worker, SharedRun run) {
  Guard guard(worker, run);
  std::exception_ptr error;
  Json observation;
  try {
    observation = co_await run->check.collect_json(run->probe);
  } catch (...) {
    error = std::current_exception();
  }
  guard.ended();
  if (error) std::rethrow_exception(error);
  co_return observation;
}

/// Only while a check runs: a worker that waits for orders wakes nobody.
void Worker::tick() {
  ticking_ = !runs_.empty();
  if (!ticking_) return;
  wire_.send({});
  ticker_.expires_after(limits_.silence / 4);
  ticker_.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Worker::read_command() {
  asio::async_read_until(socket_, asio::dynamic_buffer(input_, kTotalLimit), '\n',
                         [this](error_code error, std::size_t length) {
                           if (error) return stop();
                           auto command = decode_command(std::string_view(input_).substr(0, length));
                           input_.erase(0, length);
                           if (command) std::visit([this](auto& known) { obey(known); }, *command);
                           read_command();
                         });
}

void Worker::obey(Order& order) {
  const auto found =
      std::ranges::find_if(scope_.checks, [&](const Check* check) { return check->info().id == order.run; });
  if (found == scope_.checks.end() || order.target >= scope_.targets.size() || stopping_) return;
  start(order, static_cast<std::size_t>(found - scope_.checks.begin()), job_of(order));
  if (!ticking_) tick();
}

void Worker::obey(Cancel cancel) {
  jobs_.erase(cancel.job);
  cancel_runs([&](const Run& run) { return run.probe.job() == cancel.job; });
}

std::shared_ptr<WorkerJob> Worker::job_of(Order& order) {
  auto& job = jobs_[order.job];
  if (!job) job = std::make_shared<WorkerJob>(order.job, *scope_.targets[order.target], Facts());
  for (auto& [name, value] : order.facts) job->facts.set(name, std::move(value));
  return job;
}

void Worker::start(const Order& order, std::size_t place, std::shared_ptr<WorkerJob> job) {
  const Check& check = *scope_.checks[place];
  const Deadline deadline = Clock::now() + order.deadline;
  const auto run = std::make_shared<Run>(
      io_, check, WorkerProbe(check.info(), std::move(job), wire_, deadline), order.deadline);
  runs_.push_back(run);
  run->bell.expires_at(deadline);
  run->bell.async_wait([weak = std::weak_ptr(run)](error_code error) {
    const auto late = weak.lock();
    if (error || !late || !late->running) return;
    late->timed_out = true;
    late->cancel.emit(asio::cancellation_type::terminal);
  });
  const Mark mark{order.job, static_cast<std::uint32_t>(place)};
  const MarkingExecutor executor(io_.get_executor(), &mark_.cell(), mark);
  asio::co_spawn(executor, run_check(*this, run),
                 asio::bind_cancellation_slot(run->cancel.slot(),
                                              [this, run](const std::exception_ptr& error, Json observation) {
                                                ended(run, error, std::move(observation));
                                              }));
}

std::string Worker::sentence(const Run& run, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return "ran out of memory";
  } catch (const std::exception& caught) {
    if (run.timed_out) {
      return fmt::format("deadline: no end within {:.1f} s", static_cast<double>(run.granted.count()) / 1000);
    }
    return printable(caught.what(), kLogLine);
  } catch (...) {
    return "threw something that is no exception";
  }
}

void Worker::ended(const SharedRun& run, const std::exception_ptr& error, Json observation) {
  if (error) return end(run, failure(*run, sentence(*run, error)));
  Message message{
      Kind::observation, run->probe.job(), std::string(run->check.info().id), {}, std::move(observation), {}};
  end(run, std::move(message));
}

void Worker::end(const SharedRun& run, Message message) {
  if (std::erase(runs_, run) == 0) return;
  run->running = false;
  run->bell.cancel();
  asio::post(io_, [run] {});  // its signal must outlive the coroutine that is about to return
  message.took = std::chrono::duration_cast<Microseconds>(Clock::now() - run->started);
  if (!wire_.send(message)) wire_.send(failure(*run, "its observation is too long or too deep"));
  exit_when_idle();
}

template <class Wanted>
void Worker::cancel_runs(Wanted wanted) {
  const auto runs = runs_;  // a check that ends at once takes itself out
  for (const SharedRun& run : runs) {
    if (wanted(*run)) run->cancel.emit(asio::cancellation_type::terminal);
  }
}

void Worker::stop() {
  stopping_ = true;
  std::raise(SIGUSR1);  // see confine_worker
  cancel_runs([](const Run&) { return true; });
  exit_when_idle();
}

}  // namespace

void run_worker(int socket, const Scope& scope, SharedMark& mark, const WorkerLimits& limits) noexcept {
  Worker worker(socket, scope, mark, limits);
  worker.run();
  _exit(0);
}

}  // namespace lkdoctor::engine
