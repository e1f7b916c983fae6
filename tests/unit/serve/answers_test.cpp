// SPDX-License-Identifier: EUPL-1.2
#include "serve/answers.hpp"

#include "answering.hpp"
#include "report/json.hpp"
#include "serve/page.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test;
using namespace lkdoctor::serve;
using asio::awaitable;
using Strings = std::vector<std::string>;

namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

const std::string kIncident = "/t/lk01/incident/" + std::to_string(kRunMs - 60'000);

/// Everything that can be got.
Strings places() {
  return {"/",
          "/t/lk01",
          "/t/lk02",
          "/t/new",
          kIncident,
          "/style.css",
          "/live.js",
          "/metrics",
          "/probe?target=lk01",
          "/api/v1/report?target=lk01",
          "/api/v1/targets",
          "/sd",
          "/-/healthy",
          "/health",
          "/-/ready",
          "/ready"};
}

}  // namespace

TEST_CASE("answers: everything that can be got is there, in its type, and HEAD is answered alike") {
  Prober prober;
  const auto type = [&](const std::string& place) {
    const Response answer = prober.ask(place);
    CHECK_MESSAGE(text_of(prober.ask(place, "HEAD")).size() == text_of(answer).size(), place);
    return std::to_string(answer.status) + " " + answer.content_type;
  };
  for (const std::string& page : {std::string("/"), std::string("/t/lk01"), std::string("/t/new"), kIncident})
    CHECK(type(page) == "200 text/html; charset=utf-8");
  CHECK(type("/style.css") == "200 text/css; charset=utf-8");
  CHECK(type("/live.js") == "200 text/javascript; charset=utf-8");
  CHECK(type("/metrics") == "200 text/plain; version=0.0.4; charset=utf-8");
  CHECK(type("/probe?target=lk01") == "200 text/plain; version=0.0.4; charset=utf-8");
  for (const char* api : {"/api/v1/report?target=lk01", "/api/v1/targets", "/sd"})
    CHECK(type(api) == "200 application/json");
  CHECK(words_of(prober.ask("/-/healthy")) == "200 lkdoctor is alive.\n");
  CHECK(words_of(prober.ask("/health")) == "200 lkdoctor is alive.\n");
  CHECK(words_of(prober.ask("/-/ready")) == "200 lkdoctor is ready.\n");
  prober.is_ready = false;
  CHECK(words_of(prober.ask("/ready")) == "503 lkdoctor is not ready yet.\n");
}

TEST_CASE(
    "answers: what is not known is refused with what there is, after a reload with what there is then") {
  Prober prober;
  CHECK(words_of(prober.ask("/probe?target=lk1")) ==
        "404 There is no target \"lk1\". Did you mean \"lk01\"? Known: lk01, lk02, new.\n");
  CHECK(words_of(prober.ask("/probe?target=lk01&module=x")) ==
        "400 There is no module \"x\". Known: standard, thorough.\n");
  CHECK(words_of(prober.ask("/t/nobody")) == "404 There is no target \"nobody\". Known: lk01, lk02, new.\n");
  CHECK(prober.asked.empty());
  auto fewer = std::make_shared<Settings>();
  fewer->targets.emplace_back().name = "lk03";
  prober.settings = fewer;
  CHECK(words_of(prober.ask("/probe?target=lk01")) ==
        "404 There is no target \"lk01\". Did you mean \"lk03\"? Known: lk03.\n");
}

TEST_CASE("answers: /metrics holds the program and every target, in the format that is asked for") {
  Prober prober;
  const std::string plain = text_of(prober.ask("/metrics"));
  CHECK(holds(plain, "\nlkdoctor_config_last_reload_successful 1\n"));
  CHECK(holds(plain, "\nprobe_success{target=\"lk01\"} 0\nprobe_success{target=\"lk02\"} 1\n"));
  const Response open = prober.ask("/metrics", "GET", {{"accept", "application/openmetrics-text"}});
  CHECK(open.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(text_of(open).ends_with("# EOF\n"));
  CHECK(open.body.empty());
}

TEST_CASE("answers: a probe runs the module that is named, as long as the scraper waits") {
  Prober prober;
  CHECK(text_of(prober.ask("/probe?target=lk01")).ends_with("\nprobe_success 1\n"));
  prober.ask("/probe?target=lk01&module=thorough", "GET", {{"x-prometheus-scrape-timeout-seconds", "30"}});
  prober.can_probe = false;
  CHECK(words_of(prober.ask("/probe?target=lk02")) == "503 lk02 cannot be checked now.\n");
  CHECK(prober.asked == Strings{"probe lk01  9500", "probe lk01 thorough 29500", "probe lk02  9500"});
  for (const auto& [header, patience] :
       {std::pair("10", 9500), {"0.75", 250}, {"1e9", 120000}, {"inf", 120000}})
    CHECK_MESSAGE(patience_of(header).count() == patience, header);
  for (const char* bad : {"", "0", "0.5", "-3", "nan", "ten", "10s", " 10", "1e999"})
    CHECK_MESSAGE(patience_of(bad).count() == 9500, bad);
}

TEST_CASE("answers: the report is that of `check`, and missing before the first run has ended") {
  Prober prober;
  CHECK(text_of(prober.ask("/api/v1/report?target=lk01")) ==
        report::json(*prober.board.report("lk01"), {"1.2.3", "1a2b3c4"}));
  CHECK(words_of(prober.ask("/api/v1/report?target=new")) == "503 No run of new has ended yet.\n");
}

TEST_CASE("answers: every target with its verdict and root causes as JSON") {
  Prober prober;
  CHECK(text_of(prober.ask("/api/v1/targets")) ==
        "[{\"name\":\"lk01\",\"verdict\":\"broken\",\"since\":\"2026-11-22T07:59:55.000Z\",\"stale\":false,"
        "\"causes\":[{\"finding\":\"ws-upgrade-stripped\",\"severity\":\"failure\",\"title\":"
        "\"The proxy in front of LiveKit strips the WebSocket upgrade: nobody can join.\"},"
        "{\"finding\":\"tls-cert-expires-soon\",\"severity\":\"warning\",\"title\":"
        "\"The certificate of livekit.uni.example ends in 3 days.\"}]},"
        "{\"name\":\"lk02\",\"verdict\":\"healthy\",\"since\":\"2026-11-22T07:59:55.000Z\",\"stale\":false,"
        "\"causes\":[]},"
        "{\"name\":\"new\",\"verdict\":\"unknown\",\"since\":null,\"stale\":false,\"causes\":[]}]\n");
}

TEST_CASE("answers: Prometheus' http_sd has a group for each target") {
  Prober prober;
  CHECK(text_of(prober.ask("/sd")) ==
        "[{\"targets\":[\"lk01\"],\"labels\":{\"__param_module\":\"standard\"}},"
        "{\"targets\":[\"lk02\"],\"labels\":{\"__param_module\":\"thorough\"}},"
        "{\"targets\":[\"new\"],\"labels\":{\"__param_module\":\"standard\"}}]\n");
}

TEST_CASE("answers: pages show a day of the past where it is known, and are there without it") {
  Prober prober;
  CHECK(holds(text_of(prober.ask("/")), "id=\"day-0\""));
  CHECK(holds(text_of(prober.ask("/t/lk01")), "href=\"/lk" + kIncident + "\""));
  const std::int64_t day_ago = prober.question.since_ms;
  CHECK(holds(text_of(prober.ask(kIncident)), "<h1>Incident at lk01</h1>"));
  CHECK(prober.question.since_ms <= kRunMs - 60'000);
  CHECK(prober.asked == Strings{"past ", "past lk01 with readings", "past lk01"});
  CHECK(prober.ask("/t/lk01/incident/99").status == 404);
  CHECK(prober.question.since_ms == 99);
  CHECK(day_ago > 99);
  CHECK(words_of(prober.ask("/t/lk02/incident/17")) == "404 lk02 has no incident that began then.\n");
  prober.known_past.reset();
  CHECK(words_of(prober.ask(kIncident)) == "503 What was before is not known now.\n");
  const std::string page = text_of(prober.ask("/t/lk01"));
  CHECK(holds(page, "strips the WebSocket upgrade"));
  CHECK_FALSE(holds(page, "id=\"history\""));
}

TEST_CASE("answers: a reload says whether it was taken over, and of a refusal one line") {
  Prober prober;
  CHECK(words_of(prober.ask("/-/reload", "POST")) == "200 The configuration was taken over.\n");
  prober.refusal = std::string("lkdoctor.toml:3:9: no string\n  3 | secret = ") + kHidden;
  CHECK(words_of(prober.ask("/-/reload", "PUT")) ==
        "500 The configuration was refused, and the one before stays in force: lkdoctor.toml:3:9: no "
        "string\n");
  CHECK(prober.asked == Strings{"reload", "reload"});
  CHECK(prober.ask("/-/reload").status == 405);
  CHECK(prober.asked.size() == 2);
}

TEST_CASE("answers: style and script may be kept as long as they are the same") {
  Prober prober;
  const Response first = prober.ask("/style.css"), script = prober.ask("/live.js");
  const std::string tag = header_of(first, "ETag");
  CHECK(text_of(first) == style_sheet());
  CHECK(text_of(script) == live_script());
  CHECK(header_of(first, "Cache-Control") == "no-cache");
  CHECK(tag.size() == 18);
  CHECK(tag != header_of(script, "ETag"));
  const Response again = prober.ask("/style.css", "GET", {{"if-none-match", "\"x\", W/" + tag}});
  CHECK(words_of(again) == "304 ");
  CHECK(header_of(again, "ETag") == tag);
  CHECK(prober.ask("/live.js", "GET", {{"if-none-match", tag}}).status == 200);
}

TEST_CASE("answers: a page is told what happens as long as there is room for it") {
  Prober prober;
  {
    const Response events = prober.ask("/live");
    CHECK(events.content_type == "text/event-stream");
    CHECK(events.body == "retry: 3000\n\n");
    CHECK(events.stream);
    CHECK(words_of(prober.ask("/live")) == "503 As many pages as can be told what happens are open.\n");
  }
  CHECK(prober.ask("/live", "HEAD").status == 200);
}

TEST_CASE("answers: where anybody can read them, they show verdict, time and titles without values") {
  Prober prober(true);
  CHECK(text_of(prober.ask("/api/v1/report?target=lk01")) ==
        "{\"started\":\"2026-11-22T07:59:55.000Z\",\"target\":{\"name\":\"lk01\"},\"verdict\":\"broken\","
        "\"diagnoses\":[{\"title\":\"" +
            std::string(find_finding("ws-upgrade-stripped")->definition->title) + "\"},{\"title\":\"" +
            std::string(find_finding("tls-cert-expires-soon")->definition->title) + "\"}]}\n");
  prober.refusal = "/etc/lkdoctor.toml:3: no string";
  std::string all = text_of(prober.ask("/-/reload", "POST"));
  CHECK(all == "The configuration was refused, and the one before stays in force; the log says why.\n");
  for (const std::string& place : places()) all += text_of(prober.ask(place));
  CHECK(prober.asked ==
        Strings{"reload", "past ", "past lk01", "past lk02", "past new", "past lk01", "probe lk01  9500"});
  for (const char* value : {"198.51.100", "192.0.2", "uni.example", "nginx", "Pass the", "3 days", "laptop",
                            "rtt_ms", "lkdoctor.toml", "explain"}) {
    CAPTURE(value);
    CHECK_FALSE(holds(all, value));
  }
}

TEST_CASE("answers: where anybody can read them, events have no text") {
  for (const bool open : {false, true}) {
    Prober prober(open);
    const Response events = prober.ask("/live");
    prober.live->changed("lk01 is broken: 198.51.100.23 is silent");
    std::string heard;
    const auto hear = [&]() -> awaitable<void> {
      auto next = events.stream();
      const auto piece = co_await std::move(next);
      heard = piece.value_or("");
    };
    const auto rethrow = [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    };
    prober.context.restart();
    asio::co_spawn(prober.context, hear, rethrow);
    prober.context.run();
    CHECK(holds(heard, "198.51.100.23") != open);
    CHECK(holds(heard, "Something has changed.") == open);
  }
}

TEST_CASE("answers: no secret is in any of them") {
  for (const bool open : {false, true}) {
    Prober prober(open);
    for (const std::string& place : places()) {
      CAPTURE(place);
      const Response answer = prober.ask(place);
      CHECK(answer.status == 200);
      CHECK_FALSE(holds(text_of(answer), kHidden));
    }
  }
}

namespace {

/// A probe that never ends by itself.
struct Endless {
  explicit Endless(asio::io_context& context) : timer(context, Clock::time_point::max()) {}
  awaitable<std::shared_ptr<const Block>> probe() {
    begun = true;
    (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    cancelled = true;
    co_return nullptr;
  }
  asio::steady_timer timer;
  bool begun = false, cancelled = false;
};

}  // namespace

TEST_CASE("answers: a probe is given up when its scraper leaves") {
  Prober prober;
  std::optional<Endless> endless;
  Sources sources;
  sources.settings = [&] { return prober.settings; };
  sources.probe = [&](const std::string&, const std::string&, Milliseconds) { return endless->probe(); };
  test::Site site(with(make_answers(Routes(), std::move(sources), prober.live, {})));
  endless.emplace(site.context);
  auto scraper = std::make_unique<Visitor>(site);
  const auto visit = [&]() -> awaitable<void> {
    auto saying = scraper->say("GET /probe?target=lk01 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    co_await std::move(saying);
    auto begun = until(site.context, [&] { return endless->begun; });
    co_await std::move(begun);
    scraper.reset();
    auto ended = until(site.context, [&] { return endless->cancelled && site.front->counts().open == 0; });
    co_await std::move(ended);
  };
  site.during(visit);
  CHECK(endless->cancelled);
  endless.reset();  // its timer is the site's
}
