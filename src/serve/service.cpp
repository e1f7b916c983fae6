// SPDX-License-Identifier: EUPL-1.2
#include "serve/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <random>

#include "serve/answers.hpp"
#include "serve/driven.hpp"
#include "serve/front.hpp"
#include "serve/history.hpp"
#include "serve/host_rule.hpp"
#include "serve/login.hpp"
#include "serve/moment.hpp"
#include "serve/telling.hpp"
#include "serve/web_gate.hpp"

namespace lkdoctor::serve {
namespace {

using boost::asio::awaitable;

constexpr Milliseconds kToAnswer{5000};  ///< requests that are there when the end comes
constexpr Milliseconds kToLeaveRooms{1500};
constexpr Milliseconds kToCommit{3000};

std::int64_t wall_ms() {
  return std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string name_of_machine() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// "" where nothing can be kept: the history is in memory then, and says so.
std::string history_file(const std::string& folder, const std::function<void(const std::string&)>& tell) {
  if (folder.empty()) {
    tell("there is no place for the history (--state-dir): it is kept in memory");
    return {};
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return folder + "/history.sqlite";
}

/// Where it stands without a port is what a Host header may name, beside this machine and the external URL.
std::vector<std::string> names_of(const WebSettings& web, const std::string& machine) {
  std::vector<std::string> out{machine};
  if (const auto url = parse_url(web.external_url)) out.push_back(url->host);
  for (const ListenAddress& one : web.listen) out.push_back(one.host);
  std::erase(out, "");
  return out;
}

std::uint64_t seed_from(const std::string& machine) {
  return std::hash<std::string>{}(machine);
}

class Service {
 public:
  Service(Settings settings, const engine::CheckList& checks, ServiceOptions options)
      : options_(std::move(options)),
        machine_(name_of_machine()),
        web_(settings.web),
        notify_(options_.variable, getpid()),
        signals_(context_, SIGTERM, SIGINT, SIGHUP),
        alarm_(context_),
        history_(history_file(settings.state_dir, options_.tell), {}),
        history_driven_(context_.get_executor(), history_.fd(), [this] { return advance_history(); }),
        prober_(
            context_, checks, options_.judge,
            {[this](const std::string& target) { ran(target); }, [this](const Event& event) { tell(event); }},
            seed_from(machine_)) {
    if (!web_.config_file.empty()) {
      gate_ = std::make_shared<WebGate>(web_.config_file, options_.tell);
      login_ = std::make_shared<Login>(context_);
      login_->prepare();
    }
    note_reload(true);
    settings_ = std::make_shared<const Settings>(std::move(settings));
  }

  int run() {
    if (!open()) return 1;
    prober_.adopt(settings_);
    watch_signals();
    stay_alive();
    for (const ListenAddress& address : front_->addresses()) {
      options_.tell(fmt::format("listening on {}://{}{}/", gate_ && gate_->look()->tls ? "https" : "http",
                                text(address), web_.route_prefix));
    }
    notify_.ready(status());
    context_.run();
    return 0;
  }

 private:
  std::string status() const {
    return fmt::format("{} watched", counted(settings_->targets.size(), "target", "targets"));
  }

  std::vector<ListeningSocket> sockets() {
    Inherited inherited = inherited_sockets();
    if (!inherited.problem.empty()) options_.tell(inherited.problem);
    if (!inherited.sockets.empty()) return std::move(inherited.sockets);
    std::vector<ListeningSocket> out;
    for (const ListenAddress& wanted : web_.listen) {
      for (const ListenAddress& address : numeric(wanted)) out.emplace_back(address);
    }
    return out;
  }

  bool open() {
    if (gate_ && gate_->look() == nullptr) {
      options_.tell(gate_->problem());
      return false;
    }
    FrontSettings front;
    front.handler = handler();
    if (gate_) front.tls = [gate = gate_] { return gate->at(Clock::now())->tls; };
    front.tell = options_.tell;
    try {
      front_ = std::make_unique<Front>(context_, sockets(), std::move(front));
    } catch (const std::system_error& error) {
      options_.tell(std::string("cannot listen on ") + error.what());
      return false;
    }
    return true;
  }

  Handler handler() {
    Sources sources;
    sources.settings = [this] { return prober_.settings(); };
    sources.board = &prober_.board();
    sources.program = [this] { return program_; };
    sources.probe = [this](std::string target, std::string module, Milliseconds patience) {
      return prober_.probe(std::move(target), std::move(module), patience);
    };
    sources.past = [this](PastQuestion question) { return past(std::move(question)); };
    sources.reload = [this]() -> awaitable<std::string> { co_return reload(); };
    sources.ready = [this] { return !stopping_; };
    AnswersOptions shown{web_.open, machine_, options_.version, options_.revision};
    Handler out = make_answers(Routes(web_.route_prefix), std::move(sources), live_, std::move(shown));
    out = guarded(HostRule(names_of(web_, machine_)), std::move(out));
    return gate_ ? authenticated(gate_, login_, std::move(out)) : out;
  }

  awaitable<std::optional<std::map<std::string, Past>>> past(PastQuestion question) {
    struct Waiting {
      explicit Waiting(boost::asio::io_context& context) : timer(context, Clock::time_point::max()) {}
      boost::asio::steady_timer timer;
      std::optional<std::map<std::string, Past>> answer;
      bool answered = false;
    };
    auto waiting = std::make_shared<Waiting>(context_);
    history_.ask(
        question,
        [waiting](auto answer) {
          waiting->answer = std::move(answer);
          waiting->answered = true;
          waiting->timer.cancel();
        },
        Clock::now());
    history_driven_.stir();
    boost::system::error_code ignored;
    if (!waiting->answered)
      co_await waiting->timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return std::move(waiting->answer);
  }

  void start_telling(const Settings& settings) {
    telling_driven_.reset();
    OutboxOptions base;
    base.external_url = settings.web.external_url;
    base.labels = settings.labels;
    telling_ = std::make_unique<Telling>(settings.receivers, base);
    if (telling_->fd() < 0) return;
    telling_driven_.emplace(context_.get_executor(), telling_->fd(), [this] { return advance_telling(); });
  }

  Clock::time_point advance_telling() {
    telling_->advance(Clock::now(), wall_ms());
    for (const std::string& sentence : telling_->take_told()) options_.tell(sentence);
    return telling_->next_wake();
  }

  Clock::time_point advance_history() {
    history_.advance(Clock::now());
    for (const std::string& sentence : history_.take_told()) options_.tell(sentence);
    return history_.next_wake();
  }

  void ran(const std::string& target) {
    history_.add(moment_of(target, *prober_.board().report(target), wall_ms()));
    history_driven_.stir();
    live_->ran(target);
  }

  void tell(const Event& event) {
    const Report& report = *prober_.board().report(event.target);
    const std::string sentence = sentence_of(event, report);
    options_.tell(sentence);
    live_->changed(sentence);
    if (event.kind != Event::Kind::changed || !telling_driven_) return;
    telling_->changed(state_of(event, report, prober_.board().causes(event.target)), Clock::now());
    telling_driven_->stir();
  }

  /// "": it is in force; else why the former one stays.
  std::string reload() {
    notify_.reloading(Clock::now());
    if (gate_) gate_->look();
    Settings fresh = options_.load();
    std::string problem = fresh.error ? fresh.error->message : gate_ ? gate_->problem() : "";
    if (!fresh.error) {
      follow(fresh);
      if (!same_place(fresh.web)) options_.tell("where it listens, and how, changes with a restart alone");
      settings_ = std::make_shared<const Settings>(std::move(fresh));
      prober_.adopt(settings_);
    }
    options_.tell(problem.empty() ? "configuration reloaded: " + status()
                                  : "the new configuration is refused, the former one stays: " + problem);
    note_reload(problem.empty());
    notify_.ready(status());
    return problem;
  }

  /// Receivers hear of targets that are no longer watched, and new receivers are known from now on.
  void follow(const Settings& fresh) {
    for (const Target& target : settings_->targets) {
      if (fresh.find_target(target.name) == nullptr) telling_->forget(target.name, wall_ms(), Clock::now());
    }
    const bool same = fresh.receivers == settings_->receivers && fresh.labels == settings_->labels;
    if (!same) start_telling(fresh);
    if (telling_driven_) telling_driven_->stir();
  }

  bool same_place(const WebSettings& other) const {
    return web_.listen == other.listen && web_.config_file == other.config_file &&
           web_.external_url == other.external_url && web_.route_prefix == other.route_prefix &&
           web_.open == other.open;
  }

  void note_reload(bool successful) {
    ProgramView view{options_.version, options_.revision, successful, reloaded_ms_};
    if (successful) view.reloaded_ms = reloaded_ms_ = wall_ms();
    auto block = std::make_shared<Block>();
    write_program(view, *block);
    program_ = std::move(block);
  }

  void watch_signals() {
    signals_.async_wait([this](boost::system::error_code error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        reload();
      } else if (!stopping_) {
        boost::asio::co_spawn(context_, stop(), boost::asio::detached);
      }
      watch_signals();
    });
  }

  void stay_alive() {
    const auto every = notify_.alive_every();
    if (!every) return;
    notify_.alive();
    alarm_.expires_after(*every);
    alarm_.async_wait([this](boost::system::error_code error) {
      if (!error) stay_alive();
    });
  }

  awaitable<void> stop() {
    stopping_ = true;
    notify_.stopping();
    live_->stop();
    co_await front_->stop(Clock::now() + kToAnswer);
    prober_.stop(kToLeaveRooms);
    if (!history_.stop(kToCommit))
      options_.tell("the history did not end in time: its last moments may be lost");
    context_.stop();
  }

  ServiceOptions options_;
  std::string machine_;
  WebSettings web_;
  std::shared_ptr<const Settings> settings_;
  boost::asio::io_context context_{1};
  Notify notify_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer alarm_;
  History history_;
  Driven history_driven_;
  std::unique_ptr<Telling> telling_;
  std::optional<Driven> telling_driven_;  ///< empty: there are no receivers
  std::shared_ptr<WebGate> gate_;         ///< null: neither TLS nor passwords
  std::shared_ptr<Login> login_;
  std::shared_ptr<Live> live_ = std::make_shared<Live>();
  std::shared_ptr<const Block> program_;
  std::int64_t reloaded_ms_ = 0;
  Prober prober_;
  std::unique_ptr<Front> front_;
  bool stopping_ = false;
};

}  // namespace

int run_service(Settings settings, const engine::CheckList& checks, ServiceOptions options) {
  return Service(std::move(settings), checks, std::move(options)).run();
}

}  // namespace lkdoctor::serve
