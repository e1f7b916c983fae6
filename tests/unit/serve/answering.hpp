// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "diagnosis/diagnose.hpp"
#include "serve/answers.hpp"
#include "site.hpp"
#include "support/sample_reports.hpp"
#include "unit/serve/named_checks.hpp"

namespace lkdoctor::test {

inline constexpr std::int64_t kRunMs = 1'795'334'400'000;  // 2026-11-22T08:00:00Z
inline constexpr const char* kHidden = "hidden-marker-0123456789abcdef";

/// What a board says of "lk01" and "lk02"; of "new" no run has ended.
inline Report judged(const std::string& target, const Recording&) {
  Report report = target == "lk01" ? upgrade_stripped() : from_outside();
  if (target != "lk01") report.checks = {check_result("names_public", "the name", Outcome::pass)};
  report.started_ms = kRunMs - 5000;
  report.target = target;
  diagnosis::diagnose(report, {});
  if (target != "lk01") report.verdict = Verdict::healthy;
  return report;
}

inline serve::PastCause stripped_before() {
  return {"ws-upgrade-stripped", "https://livekit.uni.example", Severity::failure,
          "The proxy at 198.51.100.23 strips the upgrade.", "Pass the Upgrade header on"};
}

/// A prober without a network: what it is asked for is noted, what it gives is set by hand.
class Prober {
 public:
  explicit Prober(bool open = false) {
    for (const char* name : {"lk01", "lk02", "new"}) {
      serve::Target target;
      target.name = name;
      target.module.name = target.name == "lk02" ? "thorough" : "standard";
      target.loaded.deployment.secrets.api_secret = Secret(kHidden);
      settings->targets.push_back(std::move(target));
    }
    settings->modules = {{"standard", {}}, {"thorough", {}}};
    board.watch({watched("lk01"), watched("lk02"), watched("new")}, Clock::now());
    Recording recording;
    recording.started_ms = kRunMs - 5000;
    for (const char* name : {"lk01", "lk02"}) board.take(name, {"run", recording, kRunMs, Clock::now()});
    handler =
        serve::make_answers(serve::Routes("/lk"), sources(), live, {open, "probe-dfn", "1.2.3", "1a2b3c4"});
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  serve::Response ask(const std::string& target, std::string method = "GET", Headers headers = {}) {
    const auto parsed = serve::parse_request_target("/lk" + target);
    REQUIRE(parsed);
    serve::Request request;
    request.method = std::move(method);
    request.path = parsed->path;
    request.query = parsed->query;
    request.headers = std::move(headers);
    std::optional<serve::Response> out;
    const auto take = [&](const std::exception_ptr& error, serve::Response response) {
      if (error) std::rethrow_exception(error);
      out = std::move(response);
    };
    context.restart();
    asio::co_spawn(context, handler(std::move(request)), take);
    context.run();
    REQUIRE(out);
    return *out;
  }

  asio::io_context context;
  std::shared_ptr<serve::Settings> settings = std::make_shared<serve::Settings>();
  engine::CheckList checks = few_checks();
  serve::Board board{checks, judged};
  std::shared_ptr<serve::Live> live = std::make_shared<serve::Live>(serve::LiveLimits{1});
  std::vector<std::string> asked;  ///< "probe lk01 thorough 9500", "past lk01 with readings", "reload"
  bool can_probe = true, is_ready = true;
  std::string refusal;
  std::optional<std::map<std::string, serve::Past>> known_past{
      {{"lk01", {{{kRunMs - 60'000, kRunMs, Verdict::broken, {stripped_before()}}}, {}}}}};
  serve::PastQuestion question;
  serve::Handler handler;

 private:
  static serve::Watched watched(std::string name) {
    return {std::move(name), {"names_public"}, {}, Milliseconds(45'000), "1"};
  }
  static std::shared_ptr<const serve::Block> block(serve::Metric metric) {
    auto out = std::make_shared<serve::Block>();
    out->add(metric, {}, 1);
    return out;
  }

  asio::awaitable<std::shared_ptr<const serve::Block>> probe(std::string target, std::string module,
                                                             Milliseconds patience) {
    asked.push_back("probe " + target + " " + module + " " + std::to_string(patience.count()));
    co_return can_probe ? block(serve::Metric::probe_success) : nullptr;
  }
  asio::awaitable<std::optional<std::map<std::string, serve::Past>>> past(serve::PastQuestion what) {
    asked.push_back("past " + what.target + (what.readings ? " with readings" : ""));
    question = std::move(what);
    co_return known_past;
  }
  asio::awaitable<std::string> reload() {
    asked.emplace_back("reload");
    co_return refusal;
  }

  serve::Sources sources() {
    serve::Sources out;
    out.settings = [this] { return settings; };
    out.board = &board;
    out.program = [] { return block(serve::Metric::reload_successful); };
    out.probe = [this](std::string target, std::string module, Milliseconds patience) {
      return probe(std::move(target), std::move(module), patience);
    };
    out.past = [this](serve::PastQuestion what) { return past(std::move(what)); };
    out.reload = [this] { return reload(); };
    out.ready = [this] { return is_ready; };
    return out;
  }
};

/// All of an answer that is not a header.
inline std::string text_of(const serve::Response& response) {
  std::string out = response.body;
  for (const std::string_view piece : response.pieces) out += piece;
  return out;
}
/// "503 lk01 cannot be checked now.\n"
inline std::string words_of(const serve::Response& response) {
  return std::to_string(response.status) + " " + text_of(response);
}
inline std::string header_of(const serve::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

}  // namespace lkdoctor::test
