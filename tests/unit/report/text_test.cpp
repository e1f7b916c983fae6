// SPDX-License-Identifier: EUPL-1.2
#include "report/text.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>

#include "diagnosis/diagnose.hpp"
#include "report/redact.hpp"
#include "support/golden.hpp"
#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

Report diagnosed(Report report, const Facts& facts = {}) {
  diagnosis::diagnose(report, facts);
  return report;
}

std::string rendered(const Report& report, int exit_status, report::TextStyle style = {}) {
  return report::text(report, {style, exit_status, Severity::failure, false});
}

Facts answering(std::vector<std::string> addresses) {
  Facts facts;
  facts::HttpIdentity identity;
  identity.answerer = facts::Answerer::livekit;
  identity.answering = std::move(addresses);
  facts.set(facts::public_identity, identity);
  return facts;
}

}  // namespace

TEST_CASE("files only: counts first, then each cause with proof, change, place, and what it folds") {
  const std::string text = rendered(diagnosed(test::documentation_examples()), 1);
  CHECK(text == test::golden("documentation-examples.1.text", text));
}

TEST_CASE("only a URL: says what was seen, from where, and what a key would add") {
  const Report report = diagnosed(test::only_a_url(), answering({"198.51.100.23", "2001:db8::23"}));
  const std::string text = rendered(report, 3);
  CHECK(text == test::golden("only-a-url.3.text", text));
}

TEST_CASE("a break in the path is shown where it is, and nothing behind it is called proven") {
  const std::string text = rendered(diagnosed(test::upgrade_stripped()), 1);
  CHECK(text == test::golden("upgrade-stripped.1.text", text));
}

TEST_CASE("behind the controller's own proxy the answers are named for what they are") {
  Facts facts;
  facts.set(facts::signalling_topology, facts::Topology::controller_proxy);
  const std::string text = rendered(diagnosed(test::behind_controller(), facts), 3);
  CHECK(text == test::golden("behind-controller.3.text", text));
}

TEST_CASE("a terminal that is not UTF-8 gets ASCII only, with the marks as words") {
  report::TextStyle style;
  style.utf8 = false;
  style.width = 72;
  const std::string text = rendered(diagnosed(test::upgrade_stripped()), 1, style);
  CHECK(text == test::golden("upgrade-stripped-ascii.1.text", text));
  for (const char c : text) CHECK(static_cast<unsigned char>(c) < 0x80);
}

TEST_CASE("-v unfolds every check with its times, facts and log") {
  report::TextStyle style;
  style.verbose = true;
  const std::string text = rendered(diagnosed(test::upgrade_stripped()), 1, style);
  CHECK(text == test::golden("upgrade-stripped-verbose.1.text", text));
}

TEST_CASE("-q says nothing on exit 0 and else the causes alone") {
  report::TextStyle style;
  style.quiet = true;
  CHECK(rendered(diagnosed(test::only_a_url()), 0, style).empty());
  const std::string text = rendered(diagnosed(test::upgrade_stripped()), 1, style);
  CHECK(text == test::golden("upgrade-stripped-quiet.1.text", text));
}

TEST_CASE("colour only adds: without its escapes the text is the same") {
  const Report report = diagnosed(test::upgrade_stripped());
  report::TextStyle style;
  style.colour = true;
  std::string text = rendered(report, 1, style);
  CHECK(text.find("\x1b[31m✗\x1b[0m") != std::string::npos);
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  CHECK(text == rendered(report, 1));
}

TEST_CASE("no line is wider than asked for, commands and pictures apart") {
  for (const int width : {72, 80, 100}) {
    report::TextStyle style;
    style.width = width;
    const std::string text = rendered(diagnosed(test::documentation_examples()), 1, style);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      CHECK(report::columns(text.substr(at, end - at)) <= static_cast<std::size_t>(width));
      at = end + 1;
    }
  }
}

TEST_CASE("the run that exit 3 proposes holds the names that the rest needs, or files alone") {
  Report report = test::from_outside();
  report.verdict = Verdict::unknown;
  report.checks = {test::check_result("config_controller", "Settings", Outcome::pass),
                   test::check_result("names_public", "Names", Outcome::pass),
                   test::check_result("names_resolvers", "Resolvers", Outcome::skip),
                   test::check_result("http_public", "HTTP", Outcome::pass),
                   test::check_result("tls_public", "TLS", Outcome::unknown)};
  const std::string proposal = "exit 3. For a check that shall end with 0 here: --only ";
  CHECK(rendered(report, 3).ends_with(proposal + "config,names,http\n"));
  report.checks[1].outcome = Outcome::unknown;
  CHECK(rendered(report, 3).ends_with(proposal + "config\n"));
}

TEST_CASE("a run that asked a responder has contacted somebody, whatever came of it") {
  Report report = test::documentation_examples();
  CHECK(report::is_files_only(report));
  report.asked_responder = true;
  CHECK_FALSE(report::is_files_only(report));
  CHECK(rendered(diagnosed(report), 1).find("nothing was contacted") == std::string::npos);
}

TEST_CASE("a vantage that was proven is not called guessed") {
  Report report = test::from_outside();
  report.vantage.kind = Vantage::livekit_host;
  report.vantage.reason = "process livekit-server pid 4711 listens on 7880";
  CHECK(rendered(report, 0).find("(livekit-host: process livekit-server pid 4711 listens on") !=
        std::string::npos);
}

TEST_CASE("a secret in a peer's text is masked before it is cut") {
  Report report = test::upgrade_stripped();
  const std::string secret = "c4n4ry-0123456789abcdef";
  report.checks[3].findings[0].finding.quoting("echo", std::string(190, 'x') + secret);
  Redactor redactor;
  redactor.add(Secret(secret));
  report::redact(report, redactor);
  const std::string text = rendered(diagnosed(report), 1);
  CHECK(text.find("c4n4") == std::string::npos);
  CHECK(report.redactions == 1);
}

TEST_CASE("numbers in evidence carry the unit of their key and a point, whatever the locale") {
  CHECK(report::words({"rtt_ms", 11.25, false}) == "rtt: 11.25 ms");
  CHECK(report::words({"loss_ratio", 0.125, false}) == "loss: 12.5 %");
  CHECK(report::words({"ports_answered", 0, false}) == "ports answered: 0");
  CHECK(report::words({"ready", false, false}) == "ready: no");
  CHECK(report::words({"server", nullptr, false}) == "server: unknown");
  CHECK(report::words({"body", "a\x1b[1mb", true}) == "body: \"a\\x1b[1mb\"");
}

TEST_CASE("text beyond ASCII has an ASCII form") {
  CHECK(report::to_ascii("✓ ok — bücher … 3 µs") == "ok ok - b\\u00fccher ... 3 us");
}

TEST_CASE("what a run leaves behind is said, and how long it stays") {
  Report report = diagnosed(test::documentation_examples());
  report.side_effects.rooms = 9;
  report::TextStyle style;
  style.width = 200;
  const auto line = [&] {
    const std::string text = rendered(report, 1, style);
    const std::size_t at = text.find("left behind: ");
    return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
  };
  CHECK(line() == "left behind: 9 rooms lkdoctor-…, gone by themselves within 20 s");
  report.rooms_stay = "within 11 min (room.departure_timeout)";
  CHECK(line() ==
        "left behind: 9 rooms lkdoctor-…, gone by themselves within 11 min (room.departure_timeout)");
  report.checks.front().facts["unended_sessions"] = 4;
  CHECK(line() ==
        "left behind: 9 rooms lkdoctor-…, gone by themselves within a minute: LiveKit did not take the leave "
        "(DELETE) of sessions by WHIP");
}
