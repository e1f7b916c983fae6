// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/incomplete.hpp"

#include <doctest/doctest.h>

#include "support/sample_reports.hpp"

using namespace lkdoctor;

namespace {

/// Files alone are in order, and media was skipped for want of a key.
Report without_media() {
  Report report = test::from_outside();
  report.verdict = Verdict::unknown;
  CheckResult media = test::check_result("media_udp", "Media reaches LiveKit over UDP", Outcome::skip);
  media.must_have = true;
  media.reason = "needs a key pair, a token, or a responder";
  report.checks = {test::check_result("config_livekit", "Settings", Outcome::pass), media};
  return report;
}

const std::string kWhy =
    "responder 198.51.100.23:17881 carries no session (TCP 198.51.100.23:17881 is refused)";

}  // namespace

TEST_CASE("why there is no key names the responder that was asked for a session") {
  Report report = without_media();
  CHECK(diagnosis::incomplete(report, {}, "") ==
        "the files are in order; audio and video were not tested: no API key.");
  report.asked_responder = true;
  report.why_not_carried = kWhy;
  CHECK(diagnosis::incomplete(report, {}, "") ==
        "the files are in order; audio and video were not tested: no API key, and " + kWhy + ".");
}

TEST_CASE("without a URL nothing was contacted, unless a responder was") {
  Report report = without_media();
  report.settings.clear();
  CHECK(diagnosis::incomplete(report, {}, "") ==
        "the files are in order; nothing was contacted: no URL is known.");
  report.asked_responder = true;
  report.why_not_carried = kWhy;
  CHECK(diagnosis::incomplete(report, {}, "") ==
        "the files are in order; no URL is known, and " + kWhy + ".");
}
