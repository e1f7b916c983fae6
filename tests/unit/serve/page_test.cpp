// SPDX-License-Identifier: EUPL-1.2
#include "serve/page.hpp"

#include <doctest/doctest.h>

#include "diagnosis/diagnose.hpp"
#include "serve/html.hpp"
#include "serve/places.hpp"
#include "support/golden.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

constexpr std::int64_t kNow = 1'795'334'400'000;  // 2026-11-22T08:00:00Z
constexpr std::int64_t kHour = 3'600'000;

Site site() {
  return {"probe-dfn", "", "1.0.0", kNow, false};
}

Site open_site() {
  Site out = site();
  out.open = true;
  return out;
}

Report broken() {
  Report report = test::upgrade_stripped();
  report.started_ms = kNow - 5000;
  report.checks.push_back(test::check_result("udp_range", "UDP range", Outcome::warn));
  report.checks.back().facts["evidence"] = "two_sided";
  report.checks.back().facts["intervals"] = {{{"from", 20000}, {"to", 21999}, {"state", "open"}},
                                             {{"from", 22000}, {"to", 22000}, {"state", "blocked"}},
                                             {{"from", 22001}, {"to", 25000}, {"state", "in_use"}}};
  report.not_tested = {{"IPv6", "no route here", "run where there is IPv6"}};
  diagnosis::diagnose(report, {});
  return report;
}

Report healthy() {
  Report report = test::from_outside();
  report.started_ms = kNow - 5000;
  report.checks = {test::check_result("names_public", "the name of public_url", Outcome::pass)};
  diagnosis::diagnose(report, {});
  report.verdict = Verdict::healthy;
  return report;
}

PastCause stripped() {
  return {"ws-upgrade-stripped", "https://livekit.uni.example", Severity::failure,
          "The proxy at 198.51.100.23 strips the upgrade.", "Pass the Upgrade header on"};
}

Past past() {
  Past out;
  out.spells = {{kNow - 23 * kHour, kNow - 12 * kHour, Verdict::healthy, {}},
                {kNow - 12 * kHour + 15'000, kNow - 11 * kHour, Verdict::degraded, {stripped()}},
                {kNow - 11 * kHour + 15'000, kNow - 10 * kHour, Verdict::unknown, {}},
                {kNow - 10 * kHour + 15'000, kNow - kHour, Verdict::healthy, {}},
                {kNow - kHour + 15'000, kNow - 5000, Verdict::broken, {stripped()}}};
  out.readings["udp_rtt_seconds"] = {{kNow - 3 * kHour, 0.009, 0.010, 0.012},
                                     {kNow - 3 * kHour + kSlotMs, 0.009, 0.0112, 0.031},
                                     {kNow - kHour, 0.010, 0.010, 0.010}};
  out.readings["udp_loss_ratio"] = {{kNow - kHour, 0, 0.004, 0.01}};
  return out;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What would run, load or style something if it were in a page.
void check_is_strict(const std::string& page) {
  for (const char* forbidden :
       {" style=", "<style", " onclick=", " onload=", "javascript:", "<iframe", "<img", "//cdn"}) {
    CAPTURE(forbidden);
    CHECK_FALSE(holds(page, forbidden));
  }
}

}  // namespace

TEST_CASE(
    "the first page shows what is not in order first, with cause and remedy, and the day of each target") {
  const Report bad = broken(), good = healthy();
  const Past bad_past = past(), good_past{{{kNow - 23 * kHour, kNow, Verdict::healthy, {}}}, {}};
  const std::vector<ShownTarget> targets{
      {"lk02", &good, kNow - 23 * kHour, false, {}, &good_past},
      {"lk03", nullptr, 0, false, {}, nullptr},
      {"lk01", &bad, kNow - kHour + 15'000, true, {}, &bad_past},
  };
  const std::string page = overview_page(site(), targets);
  CHECK(page == test::golden("page-overview.html", page));
  CHECK(page.find("/t/lk01") < page.find("/t/lk03"));
  CHECK(page.find("/t/lk03") < page.find("/t/lk02"));
  check_is_strict(page);
}

TEST_CASE(
    "the page of a target shows verdict and for whom, since when, causes, path, range, timings and its day") {
  const Report report = broken();
  const Past known = past();
  const std::string page =
      target_page(site(), {"lk01", &report, kNow - kHour + 15'000, false, {kNow - kHour + 15'000}, &known});
  CHECK(page == test::golden("page-target.html", page));
  check_is_strict(page);
}

TEST_CASE("an incident is what lies between two healthy times, on a page that can be printed") {
  const Report report = broken();
  const Past known = past();
  const ShownTarget target{"lk01", &report, kNow - kHour, false, {}, &known};
  const auto incidents = incidents_of(known);
  REQUIRE(incidents.size() == 2);
  CHECK_FALSE(incidents[0].over);
  CHECK(incidents[1].over);
  CHECK(incidents[1].spells.size() == 2);
  const auto page = incident_page(site(), target, incidents[1].from_ms());
  REQUIRE(page);
  CHECK(*page == test::golden("page-incident.html", *page));
  CHECK_FALSE(holds(*page, "<script"));
  CHECK(incident_page(site(), target, 1) == std::nullopt);
  CHECK(incident_page(site(), {"lk01", &report, 0, false, {}, nullptr}, 1) == std::nullopt);
}

TEST_CASE("where anybody can read it, only verdict, time and the catalogue's title are shown") {
  const Report report = broken();
  const Past known = past();
  const ShownTarget target{"lk01", &report, kNow - kHour, false, {kNow - kHour}, &known};
  const std::string page = target_page(open_site(), target);
  CHECK(page == test::golden("page-open.html", page));
  const std::string all = page + overview_page(open_site(), std::vector{target}) +
                          *incident_page(open_site(), target, incidents_of(known)[1].from_ms());
  for (const char* secret : {"198.51.100", "192.0.2", "uni.example", "nginx", "Pass the", "443", "laptop",
                             "20000", "ms</", "JSON", "explain"}) {
    CAPTURE(secret);
    CHECK_FALSE(holds(all, secret));
  }
}

TEST_CASE("a target of which nothing is known yet has a page, too") {
  const std::string page = target_page(site(), {"lk01", nullptr, 0, false, {}, nullptr});
  CHECK(holds(
      page,
      "<h1>lk01: <span class=\"verdict v-unknown\">? unknown</span></h1>\n<p>No run has ended yet.</p>"));
  CHECK(holds(overview_page(site(), {}), "<p class=\"counts\">no targets</p>"));
}

TEST_CASE("what a hostile peer, a file or a name holds is text on every page") {
  const std::string evil =
      "</title></p><script>alert(1)</script>\" onload=\"x' \x1b]0;\x07 \xff \xe2\x80\xae{}{0}";
  Report report = broken();
  report.summary = report.vantage.host = evil;
  report.vantage.addresses = {evil};
  report.not_tested = {{evil, evil, evil}};
  report.settings[0].value = "https://" + evil;
  for (CheckResult& check : report.checks) {
    check.reason = check.title = evil;
    check.facts["server"] = check.facts["topology"] = evil;
  }
  for (Diagnosis& diagnosis : report.diagnoses) {
    Finding& finding = diagnosis.finding;
    finding.title = finding.remedy.text = finding.subject = finding.excerpt = evil;
    finding.remedy.commands = {evil};
    finding.remedy.links = {"javascript:alert(1)" + evil, "https://x/" + evil};
    finding.quoting(evil, evil).with(evil, {evil, evil}).at({Origin::Kind::file, evil, 1, 1});
    diagnosis.explains = {evil};
  }
  Past known = past();
  for (Spell& spell : known.spells) spell.causes = {{evil, evil, Severity::failure, evil, evil}};
  known.readings[evil + "_seconds"] = {{kNow, 1, 2, 3}};
  Site where = site();
  where.prober = where.version = evil;
  for (const bool open : {false, true}) {
    where.open = open;
    const ShownTarget target{evil, &report, kNow, true, {}, &known};
    const std::string all = overview_page(where, std::vector{target}) + target_page(where, target) +
                            *incident_page(where, target, incidents_of(known)[0].from_ms());
    for (const char* raw :
         {"<script>", "alert(1)</", "\" onload", "\x1b", "\x07", "\xff", "\xe2\x80\xae", "href=\"java"}) {
      CAPTURE(raw);
      CHECK_FALSE(holds(all, raw));
    }
  }
}

TEST_CASE("markup comes from patterns alone") {
  CHECK(html("<a href=\"{}\">{}</a>", "a\"b", std::string("<&>'\n\x01")).text() ==
        "<a href=\"a&quot;b\">&lt;&amp;&gt;&#39;\n\\x01</a>");
  CHECK(html("<p>{}</p>", html("<b>{}</b>", 7)).text() == "<p><b>7</b></p>");
}

TEST_CASE("names are encoded in places, and the prefix of the web stands before each of them") {
  CHECK(target_place("lk 01/ü?#") == "/t/lk%2001%2F%C3%BC%3F%23");
  CHECK(incident_place("lk01", 17) == "/t/lk01/incident/17");
  Site where = site();
  where.prefix = "/livekit";
  const std::string page = target_page(where, {"a b", nullptr, 0, false, {}, nullptr});
  for (const char* place :
       {"href=\"/livekit/style.css\"", "src=\"/livekit/live.js\"", "data-events=\"/livekit/live\"",
        "href=\"/livekit/\"", "href=\"/livekit/metrics\""}) {
    CAPTURE(place);
    CHECK(holds(page, place));
  }
  CHECK_FALSE(holds(page, "href=\"/style.css\""));
}

TEST_CASE("a server-sent event is one event, whatever its text") {
  CHECK(live_event("changed", "lk01 is now broken") == "event: changed\ndata: lk01 is now broken\n\n");
  CHECK(live_event("changed", "a\r\n\r\nevent: x\ndata: y") ==
        "event: changed\ndata: a    event: x data: y\n\n");
}

TEST_CASE("style and script are files of their own, and reach nothing outside") {
  for (const std::string_view file : {style_sheet(), live_script()}) {
    CHECK(file.find("SPDX-License-Identifier") < 10);
    CHECK(file.find("http:") == std::string_view::npos);
    CHECK(file.find("https:") == std::string_view::npos);
    CHECK(file.find("@import") == std::string_view::npos);
    CHECK(file.find("innerHTML") == std::string_view::npos);
  }
}
