// SPDX-License-Identifier: EUPL-1.2
#include "serve/service.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <lkdoctor/wall_clock.hpp>

#include "serve/answers.hpp"
#include "serve/followers.hpp"
#include "serve/front.hpp"
#include "serve/host_rule.hpp"
#include "serve/login.hpp"
#include "serve/web_gate.hpp"

namespace lkdoctor::serve {
namespace {

using boost::asio::awaitable;

constexpr Milliseconds kToAnswer{5000};  ///< requests that are there when the end comes
constexpr Milliseconds kToLeaveRooms{1500};
constexpr Milliseconds kToCommit{3000};

std::string name_of_machine() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// What a Host header may say beside numeric addresses.
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
        followers_(context_, settings, options_.tell),
        prober_(context_, checks, options_.judge, hooks(), seed_from(machine_)) {
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
  Prober::Hooks hooks() {
    const auto report = [this](const std::string& target) -> const Report& {
      return *prober_.board().report(target);
    };
    return {[this, report](const std::string& target) { followers_.ran(target, report(target)); },
            [this, report](const Event& event) {
              followers_.hear(event, report(event.target), prober_.board().causes(event.target));
            }};
  }

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
    sources.past = [this](PastQuestion question) { return followers_.past(std::move(question)); };
    sources.reload = [this]() -> awaitable<std::string> { co_return reload(); };
    sources.ready = [this] { return !stopping_; };
    AnswersOptions shown{web_.open, machine_, options_.version, options_.revision};
    Handler out =
        make_answers(Routes(web_.route_prefix), std::move(sources), followers_.live(), std::move(shown));
    out = guarded(HostRule(names_of(web_, machine_)), std::move(out));
    return gate_ ? authenticated(gate_, login_, std::move(out)) : out;
  }

  /// "": it is in force; else why the former one stays.
  std::string reload() {
    notify_.reloading(Clock::now());
    const std::string problem = take_over(options_.load());
    options_.tell(problem.empty() ? "configuration reloaded: " + status()
                                  : "the new configuration is refused, the former one stays: " + problem);
    note_reload(problem.empty());
    notify_.ready(status());
    return problem;
  }

  std::string take_over(Settings fresh) {
    if (gate_) gate_->look();
    if (fresh.error) return fresh.error->message;
    if (gate_ && !gate_->problem().empty()) return gate_->problem();
    try {
      followers_.reload(*settings_, fresh);
    } catch (const std::system_error& error) {
      return std::string("receivers cannot be told: ") + error.what();
    }
    if (!same_place(fresh.web)) options_.tell("where it listens, and how, changes with a restart alone");
    settings_ = std::make_shared<const Settings>(std::move(fresh));
    prober_.adopt(settings_);
    return {};
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
    followers_.live()->stop();
    co_await front_->stop(Clock::now() + kToAnswer);
    prober_.stop(kToLeaveRooms);
    followers_.stop(kToCommit);
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
  Followers followers_;
  std::shared_ptr<WebGate> gate_;  ///< null: neither TLS nor passwords
  std::shared_ptr<Login> login_;
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
