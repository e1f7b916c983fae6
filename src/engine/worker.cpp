// SPDX-License-Identifier: EUPL-1.2
#include "engine/worker.hpp"

#include <fmt/format.h>
#include <poll.h>
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

#include "engine/protocol.hpp"

namespace lkdoctor::engine {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Kind = Message::Kind;

constexpr int kLogLines = 300;  // of one check; a flood must not drown what other checks say
constexpr std::size_t kLogLine = 1000;
constexpr int kPhases = 200;

/// Writes whole lines at once: what a check said before a crash has arrived.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  /// False: too long or too deep; nothing was sent.
  bool send(const Message& message) {
    const std::string line = encode(message);
    if (!is_bounded(line, kLineLimit, kDepthLimit)) return false;
    write_all(line);
    return true;
  }

 private:
  void write_all(std::string_view rest) {
    while (!rest.empty()) {
      const ssize_t sent = write(fd_, rest.data(), rest.size());
      if (sent >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        pollfd ready{fd_, POLLOUT, 0};
        poll(&ready, 1, -1);
      } else if (errno != EINTR) {
        return;  // nobody listens any more; the end of file says so to the reader, and cleaning up goes on
      }
    }
  }
  int fd_;
};

class WorkerProbe final : public Probe {
 public:
  WorkerProbe(const CheckInfo& info, const Deployment& deployment, Facts& facts, Wire& wire,
              Deadline deadline)
      : info_(info), deployment_(deployment), facts_(facts), wire_(wire), deadline_(deadline) {}
  const Deployment& deployment() const override { return deployment_; }
  Deadline deadline() const override { return deadline_; }
  const Facts& facts() const override { return facts_; }
  void log(std::string line) override {
    if (++lines_ > kLogLines) return;
    say(Kind::log, lines_ == kLogLines ? "further lines are left out" : printable(line, kLogLine));
  }
  void phase(std::string_view name, Microseconds took) override {
    if (++phases_ > kPhases) return;
    wire_.send({Kind::phase, std::string(info_.id), std::string(name), Json(), took});
  }
  void count_request() override { say(Kind::effect, "request"); }
  void count_unauthorized() override { say(Kind::effect, "unauthorized"); }
  void count_join(bool new_room) override {
    say(Kind::effect, "join");
    if (new_room) say(Kind::effect, "room");
  }

 protected:
  void publish_json(std::string_view name, Json value) override {
    if (std::ranges::find(info_.gives, name) == info_.gives.end()) {
      throw std::logic_error("published " + std::string(name) + ", which is not among its `gives`");
    }
    if (facts_.has(name)) return log("published " + std::string(name) + " twice; the first one stays");
    if (!wire_.send({Kind::fact, std::string(info_.id), std::string(name), value, {}})) {
      throw std::length_error("the fact " + std::string(name) + " is too long or too deep");
    }
    facts_.set(name, std::move(value));
  }

 private:
  void say(Kind kind, std::string text) {
    wire_.send({kind, std::string(info_.id), std::move(text), Json(), {}});
  }
  const CheckInfo& info_;
  const Deployment& deployment_;
  Facts& facts_;
  Wire& wire_;
  Deadline deadline_;
  int lines_ = 0, phases_ = 0;
};

/// One run of one check. Lives until the worker ends: an operation that ignores its cancellation may still
/// refer to it.
struct Job {
  Job(asio::io_context& io, const Check& the_check, WorkerProbe its_probe, Milliseconds budget)
      : check(the_check), probe(std::move(its_probe)), bell(io), granted(budget) {}
  const Check& check;
  WorkerProbe probe;
  asio::cancellation_signal cancel;
  asio::steady_timer bell;
  Milliseconds granted;
  Clock::time_point started = Clock::now();
  bool running = true, timed_out = false;
};

class Worker {
 public:
  Worker(int fd, const std::vector<PlannedCheck>& plan, const Deployment& deployment, SharedMark& mark,
         const WorkerLimits& limits)
      : plan_(plan),
        deployment_(deployment),
        mark_(mark),
        limits_(limits),
        wire_(fd),
        socket_(io_, asio::local::stream_protocol(), fd),
        ticker_(io_) {}

  void run() {
    tick();
    read_order();
    io_.run();
  }

  /// The frame of a check went away without its end: an operation was dropped, e.g. a wait on nothing.
  void lost(Job& job) {
    job.running = false;
    asio::post(io_, [this, &job] { report(job, failure(job, "lost: its operation never completed")); });
  }

 private:
  void tick() {
    wire_.send({});
    ticker_.expires_after(limits_.silence / 4);
    ticker_.async_wait([this](error_code error) {
      if (!error) tick();
    });
  }
  void read_order() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, kTotalLimit), '\n',
                           [this](error_code error, std::size_t length) {
                             if (error) return stop();
                             const std::string line = input_.substr(0, length);
                             input_.erase(0, length);
                             if (auto order = decode_order(line)) start(std::move(*order));
                             read_order();
                           });
  }
  void start(Order order);
  void ended(Job& job, const std::exception_ptr& error, Json observation);
  void report(Job& job, Message message);
  static std::string sentence(const Job& job, const std::exception_ptr& error);
  static Message failure(const Job& job, std::string text) {
    return {Kind::failed, std::string(job.check.info().id), std::move(text), Json(), {}};
  }
  void cancel(Job& job) {
    if (job.running) job.cancel.emit(asio::cancellation_type::terminal);
  }
  void stop() {
    stopping_ = true;
    std::raise(SIGUSR1);  // see confine_worker
    for (const auto& job : jobs_) cancel(*job);
    exit_when_idle();
  }
  void exit_when_idle() const {
    if (stopping_ && std::ranges::none_of(jobs_, [](const auto& job) { return job->running; })) _exit(0);
  }

  const std::vector<PlannedCheck>& plan_;
  const Deployment& deployment_;
  SharedMark& mark_;
  const WorkerLimits& limits_;
  Facts facts_;
  Wire wire_;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::string input_;
  bool stopping_ = false;
  asio::io_context io_{1};
  asio::local::stream_protocol::socket socket_;
  asio::steady_timer ticker_;
};

/// Tells the worker if the coroutine's frame is destroyed before its end.
class Guard {
 public:
  Guard(Worker& worker, Job& job) : worker_(worker), job_(job) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() {
    if (!ended_) worker_.lost(job_);
  }
  void ended() { ended_ = true; }

 private:
  Worker& worker_;
  Job& job_;
  bool ended_ = false;
};

awaitable<Json> run_job(Worker& worker, Job& job) {
  Guard guard(worker, job);
  std::exception_ptr error;
  Json observation;
  try {
    observation = co_await job.check.collect_json(job.probe);
  } catch (...) {
    error = std::current_exception();
  }
  guard.ended();
  if (error) std::rethrow_exception(error);
  co_return observation;
}

void Worker::start(Order order) {
  for (auto& [name, value] : order.facts) facts_.set(name, std::move(value));
  const auto found = std::ranges::find_if(
      plan_, [&](const PlannedCheck& planned) { return planned.check->info().id == order.run; });
  if (found == plan_.end() || stopping_) return;
  const Deadline deadline = Clock::now() + order.deadline;
  jobs_.push_back(std::make_unique<Job>(
      io_, *found->check, WorkerProbe(found->check->info(), deployment_, facts_, wire_, deadline),
      order.deadline));
  Job& job = *jobs_.back();
  job.bell.expires_at(deadline);
  job.bell.async_wait([this, &job](error_code error) {
    if (error || !job.running) return;
    job.timed_out = true;
    cancel(job);
  });
  const auto place = static_cast<std::uint32_t>(found - plan_.begin()) + 1;
  const MarkingExecutor executor(io_.get_executor(), &mark_.cell(), place);
  asio::co_spawn(executor, run_job(*this, job),
                 asio::bind_cancellation_slot(
                     job.cancel.slot(), [this, &job](const std::exception_ptr& error, Json observation) {
                       if (job.running) ended(job, error, std::move(observation));
                     }));
}

std::string Worker::sentence(const Job& job, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return "ran out of memory";
  } catch (const std::exception& caught) {
    if (job.timed_out) {
      return fmt::format("deadline: no end within {:.1f} s", static_cast<double>(job.granted.count()) / 1000);
    }
    return printable(caught.what(), kLogLine);
  } catch (...) {
    return "threw something that is no exception";
  }
}

void Worker::ended(Job& job, const std::exception_ptr& error, Json observation) {
  job.running = false;
  job.bell.cancel();
  if (error) return report(job, failure(job, sentence(job, error)));
  report(job, {Kind::observation, std::string(job.check.info().id), {}, std::move(observation), {}});
}

void Worker::report(Job& job, Message message) {
  message.took = std::chrono::duration_cast<Microseconds>(Clock::now() - job.started);
  if (!wire_.send(message)) wire_.send(failure(job, "its observation is too long or too deep"));
  exit_when_idle();
}

}  // namespace

void run_worker(int socket, const std::vector<PlannedCheck>& plan, const Deployment& deployment,
                SharedMark& mark, const WorkerLimits& limits) noexcept {
  Worker worker(socket, plan, deployment, mark, limits);
  worker.run();
  _exit(0);
}

}  // namespace lkdoctor::engine
