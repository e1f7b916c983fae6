// SPDX-License-Identifier: EUPL-1.2
#include "serve/exposition.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "serve/negotiation.hpp"

using namespace lkdoctor::serve;

namespace {

std::shared_ptr<Block> block(std::string_view target = {}) {
  return std::make_shared<Block>(target);
}

std::string scraped(std::vector<std::shared_ptr<const Block>> blocks, TextFormat format) {
  const Scrape scrape(std::move(blocks), format);
  CHECK(scrape.text().size() == scrape.size());
  return scrape.text();
}

}  // namespace

TEST_CASE("a family has its head once, and the samples of all targets follow it") {
  const auto first = block("lk01"), second = block("lk02");
  first->add(Metric::probe_success, {}, 1);
  first->add(Metric::verdict, {{"verdict", "healthy"}}, 1);
  second->add(Metric::verdict, {{"verdict", "healthy"}}, 0);
  second->add(Metric::probe_success, {}, 0);
  CHECK(scraped({first, second}, TextFormat::prometheus) ==
        "# HELP probe_success 1 if the verdict is healthy or degraded, 0 if it is broken or unknown.\n"
        "# TYPE probe_success gauge\n"
        "probe_success{target=\"lk01\"} 1\n"
        "probe_success{target=\"lk02\"} 0\n"
        "# HELP lkdoctor_verdict 1 for the verdict of the last run, 0 for the others.\n"
        "# TYPE lkdoctor_verdict gauge\n"
        "lkdoctor_verdict{target=\"lk01\",verdict=\"healthy\"} 1\n"
        "lkdoctor_verdict{target=\"lk02\",verdict=\"healthy\"} 0\n");
  CHECK(first->series() == 2);
}

TEST_CASE("without a target there is no target label, and no empty braces") {
  const auto one = block();
  one->add(Metric::ice_rtt, {{"transport", "udp"}}, 0.011);
  one->add(Metric::clock_skew, {}, -0.25);
  const std::string text = scraped({one}, TextFormat::prometheus);
  CHECK(text.find("lkdoctor_ice_rtt_seconds{transport=\"udp\"} 0.011\n") != std::string::npos);
  CHECK(text.find("\nlkdoctor_clock_skew_seconds -0.25\n") != std::string::npos);
}

TEST_CASE("OpenMetrics names a family without the suffix of its samples, says the unit, and ends with EOF") {
  const auto one = block();
  one->add(Metric::requests, {}, 41);
  one->add(Metric::build, {{"version", "0.1.0"}, {"revision", "1234abc"}}, 1);
  one->add(Metric::check_duration, {{"check", "tls_public"}}, 0.5);
  CHECK(scraped({one}, TextFormat::openmetrics) ==
        "# TYPE lkdoctor_check_duration_seconds gauge\n"
        "# UNIT lkdoctor_check_duration_seconds seconds\n"
        "# HELP lkdoctor_check_duration_seconds How long the check's last run took.\n"
        "lkdoctor_check_duration_seconds{check=\"tls_public\"} 0.5\n"
        "# TYPE lkdoctor_requests counter\n"
        "# HELP lkdoctor_requests Requests that runs sent to the deployment.\n"
        "lkdoctor_requests_total 41\n"
        "# TYPE lkdoctor_build info\n"
        "# HELP lkdoctor_build Version and revision of this program.\n"
        "lkdoctor_build_info{version=\"0.1.0\",revision=\"1234abc\"} 1\n"
        "# EOF\n");
}

TEST_CASE("0.0.4 knows no info and no unit, and names a counter as its samples are named") {
  const auto one = block();
  one->add(Metric::requests, {}, 41);
  one->add(Metric::build, {{"version", "0.1.0"}}, 1);
  CHECK(scraped({one}, TextFormat::prometheus) ==
        "# HELP lkdoctor_requests_total Requests that runs sent to the deployment.\n"
        "# TYPE lkdoctor_requests_total counter\n"
        "lkdoctor_requests_total 41\n"
        "# HELP lkdoctor_build_info Version and revision of this program.\n"
        "# TYPE lkdoctor_build_info gauge\n"
        "lkdoctor_build_info{version=\"0.1.0\"} 1\n");
}

TEST_CASE("an exemplar names the run, in OpenMetrics alone") {
  const auto one = block("a");
  one->add(Metric::runs, 7, {"4f1c9a", 1'795'334'400'042});
  CHECK(one->samples(Metric::runs, TextFormat::openmetrics) ==
        "lkdoctor_runs_total{target=\"a\"} 7 # {run_id=\"4f1c9a\"} 1 1795334400.042\n");
  CHECK(one->samples(Metric::runs, TextFormat::prometheus) == "lkdoctor_runs_total{target=\"a\"} 7\n");
}

TEST_CASE("what was not measured is NaN, and large numbers stay whole") {
  const auto one = block();
  one->add(Metric::clock_skew, {}, std::numeric_limits<double>::quiet_NaN());
  one->add(Metric::certificate_expiry, {}, 1'771'800'000);
  one->add(Metric::probe_duration, {}, std::numeric_limits<double>::infinity());
  const auto text = [&](Metric metric) { return one->samples(metric, TextFormat::prometheus); };
  CHECK(text(Metric::clock_skew) == "lkdoctor_clock_skew_seconds NaN\n");
  CHECK(text(Metric::certificate_expiry) == "probe_ssl_earliest_cert_expiry 1771800000\n");
  CHECK(text(Metric::probe_duration) == "probe_duration_seconds +Inf\n");
}

TEST_CASE("quotes, backslashes and line feeds of a target's name cannot end a label") {
  const auto one = block("a\"b\\c\nd{} 1");
  one->add(Metric::probe_success, {}, 1);
  CHECK(one->samples(Metric::probe_success, TextFormat::prometheus) ==
        "probe_success{target=\"a\\\"b\\\\c\\nd{} 1\"} 1\n");
}

TEST_CASE("nothing to show is nothing but the end") {
  CHECK(scraped({}, TextFormat::prometheus).empty());
  CHECK(scraped({block("a")}, TextFormat::openmetrics) == "# EOF\n");
}

TEST_CASE("names, units and help of every family fit both formats") {
  for (const Family& one : kFamilies) {
    CAPTURE(one.name);
    CHECK((one.name.starts_with("lkdoctor_") || one.name.starts_with("probe_")));
    CHECK(one.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    for (const char* suffix : {"_total", "_info", "_count", "_sum", "_bucket", "_created"}) {
      CHECK_FALSE(one.name.ends_with(suffix));
    }
    const bool fits = one.unit.empty() || one.name.ends_with("_" + std::string(one.unit));
    CHECK(fits);
    CHECK(one.help.find_first_of("\"\\\n") == std::string_view::npos);
    CHECK(one.help.ends_with('.'));
  }
}

TEST_CASE("text is the answer unless OpenMetrics is asked for by name") {
  for (const char* accept :
       {"", "*/*", "application/*", "text/plain", "text/plain;version=0.0.4", "application/json", ";;,=,\"",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=2", "application/openmetrics-text;q=0.4, text/plain;q=0.5",
        "application/openmetrics-text;q=0.4, text/*;q=0.5", "x/y;a=\"application/openmetrics-text,"}) {
    CAPTURE(accept);
    CHECK(negotiate(accept) == TextFormat::prometheus);
  }
}

TEST_CASE("OpenMetrics is the answer where it is liked no less than text") {
  for (const char* accept :
       {"application/openmetrics-text", "Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.4",
        "*/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.2",
        "text/plain;q=0.5;application/openmetrics-text,application/openmetrics-text;q=0.5"}) {
    CAPTURE(accept);
    CHECK(negotiate(accept) == TextFormat::openmetrics);
  }
  CHECK(content_type(TextFormat::openmetrics) ==
        "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(content_type(TextFormat::prometheus) == "text/plain; version=0.0.4; charset=utf-8");
}
