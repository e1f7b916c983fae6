// SPDX-License-Identifier: EUPL-1.2
#include "serve/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <lkdoctor/wall_clock.hpp>

#include "serve/answers_shown.hpp"
#include "serve/negotiation.hpp"

namespace lkdoctor::serve {
namespace {

using boost::asio::awaitable;

constexpr std::int64_t kDayMs = 86'400'000;

Response scrape_of(std::vector<std::shared_ptr<const Block>> blocks, const Request& request) {
  const TextFormat format = negotiate(request.header("accept"));
  const auto scrape = std::make_shared<const Scrape>(std::move(blocks), format);
  Response out;
  out.content_type = content_type(format);
  out.pieces = scrape->pieces();
  out.owner = scrape;
  return out;
}

/// A file of the program. It may be kept, and is asked for again: another version has other ones.
Response file(std::string_view content, std::string_view type, const Request& request) {
  const std::string tag = fmt::format("\"{:016x}\"", std::hash<std::string_view>{}(content));
  Response out;
  out.headers = {{"Cache-Control", "no-cache"}, {"ETag", tag}};
  if (request.header("if-none-match").find(tag) != std::string::npos) {
    out.status = 304;
    out.content_type.clear();
    return out;
  }
  out.content_type = type;
  out.pieces = {content};
  return out;
}

class Answers {
 public:
  Answers(Routes routes, Sources sources, std::shared_ptr<Live> live, AnswersOptions options)
      : routes_(std::move(routes)),
        sources_(std::move(sources)),
        live_(std::move(live)),
        options_(std::move(options)) {}

  static awaitable<Response> answer(std::shared_ptr<Answers> self, Request request) {
    auto found = self->routes_.find(request, self->known());
    if (auto* refusal = std::get_if<Response>(&found)) co_return std::move(*refusal);
    auto answering = begun(std::move(self), std::get<Call>(std::move(found)), std::move(request));
    Response response = co_await std::move(answering);
    co_return response;
  }

 private:
  static awaitable<Response> begun(std::shared_ptr<Answers> self, Call call, Request request) {
    switch (call.route) {
      case Route::probe:
        return probed(std::move(self), std::move(call), std::move(request));
      case Route::page:
      case Route::target:
      case Route::incident:
        return shown(std::move(self), std::move(call));
      case Route::reload:
        return reloaded(std::move(self));
      default:
        return known_now(std::move(self), std::move(call), std::move(request));
    }
  }

  static awaitable<Response> known_now(std::shared_ptr<Answers> self, Call call, Request request) {
    co_return self->at_once(call, request);
  }

  /// Names change with the settings alone.
  const Known& known() {
    auto settings = sources_.settings();
    if (settings == known_from_) return known_;
    known_ = {};
    for (const Target& target : settings->targets) known_.targets.push_back(target.name);
    for (const Module& module : settings->modules) known_.modules.push_back(module.name);
    known_from_ = std::move(settings);
    return known_;
  }

  Site site() const {
    return {options_.prober, routes_.prefix(), options_.version, wall_ms(), options_.open};
  }

  Response at_once(const Call& call, const Request& request) const {
    switch (call.route) {
      case Route::metrics:
        return metrics(request);
      case Route::report:
        return report_answer(site(), *sources_.board, call.target, options_.revision);
      case Route::targets:
        return targets_answer(site(), *sources_.board, *sources_.settings());
      case Route::sd:
        return sd_answer(*sources_.settings());
      case Route::style:
        return file(style_sheet(), "text/css; charset=utf-8", request);
      case Route::script:
        return file(live_script(), "text/javascript; charset=utf-8", request);
      case Route::live:
        return events();
      case Route::ready:
        return sources_.ready() ? says(200, "lkdoctor is ready.") : says(503, "lkdoctor is not ready yet.");
      default:
        return says(200, "lkdoctor is alive.");
    }
  }

  Response metrics(const Request& request) const {
    std::vector<std::shared_ptr<const Block>> blocks = sources_.board->blocks();
    blocks.insert(blocks.begin(), sources_.program());
    return scrape_of(std::move(blocks), request);
  }

  Response events() const {
    Response out;
    out.stream = live_->subscribe(!options_.open);
    if (!out.stream) return says(503, "As many pages as can be told what happens are open.");
    out.content_type = "text/event-stream";
    out.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would hold events back
    out.body = "retry: 3000\n\n";
    return out;
  }

  static awaitable<Response> probed(std::shared_ptr<Answers> self, Call call, Request request) {
    const Milliseconds patience = patience_of(request.header("x-prometheus-scrape-timeout-seconds"));
    auto probing = self->sources_.probe(call.target, std::move(call.module), patience);
    const std::shared_ptr<const Block> block = co_await std::move(probing);
    if (!block) co_return says(503, call.target + " cannot be checked now.");
    std::vector<std::shared_ptr<const Block>> blocks(1, block);
    co_return scrape_of(std::move(blocks), request);
  }

  /// The board is looked at when the past is there: a run may have ended meanwhile.
  static awaitable<Response> shown(std::shared_ptr<Answers> self, Call call) {
    PastQuestion question;
    question.target = call.target;
    question.since_ms = wall_ms() - kDayMs;
    question.readings = call.route == Route::target && !self->options_.open;
    // What an incident began with may be older than a day.
    if (call.route == Route::incident) question.since_ms = std::min(question.since_ms, call.from_ms);
    auto asking = self->sources_.past(std::move(question));
    const Pasts past = co_await std::move(asking);
    const Site site = self->site();
    const Board& board = *self->sources_.board;
    if (call.route == Route::target) co_return target_answer(site, board, call.target, past);
    if (call.route == Route::incident) co_return incident_answer(site, board, call, past);
    co_return overview_answer(site, board, *self->sources_.settings(), past);
  }

  static awaitable<Response> reloaded(std::shared_ptr<Answers> self) {
    auto reloading = self->sources_.reload();
    const std::string why = co_await std::move(reloading);
    if (why.empty()) co_return says(200, "The configuration was taken over.");
    const std::string stays = "The configuration was refused, and the one before stays in force";
    if (self->options_.open) co_return says(500, stays + "; the log says why.");
    // Lines below the first show what the file holds.
    co_return says(500, stays + ": " + why.substr(0, why.find('\n')));
  }

  const Routes routes_;
  const Sources sources_;
  const std::shared_ptr<Live> live_;
  const AnswersOptions options_;
  Known known_;
  std::shared_ptr<const Settings> known_from_;
};

}  // namespace

Milliseconds patience_of(std::string_view header) {
  constexpr double kDefault = 10, kForTheWay = 0.5, kMost = 120;
  double seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  const bool good = error == std::errc{} && end == header.data() + header.size() && seconds > kForTheWay;
  const double left = std::min((good ? seconds : kDefault) - kForTheWay, kMost);
  return Milliseconds(static_cast<std::int64_t>(left * 1000));
}

Handler make_answers(Routes routes, Sources sources, std::shared_ptr<Live> live, AnswersOptions options) {
  const auto answers =
      std::make_shared<Answers>(std::move(routes), std::move(sources), std::move(live), std::move(options));
  return [answers](Request request) { return Answers::answer(answers, std::move(request)); };
}

}  // namespace lkdoctor::serve
