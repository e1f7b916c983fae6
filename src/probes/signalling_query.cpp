// SPDX-License-Identifier: EUPL-1.2
#include "probes/signalling_query.hpp"

#include <lkdoctor/probes/limits.hpp>

#include "probes/refusal.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

Finding refused(const Asked& line, const std::string& url) {
  Finding finding(findings::proxy_auth_or_waf_intercepts, url);
  finding.sure(Confidence::likely)
      .saying("The proxy of " + url +
              " lets short requests through to LiveKit, and answers one as "
              "browsers send it, with a token in a query of 6000 bytes, itself (" +
              words_for(line) + ").")
      .change("Exempt /rtc from filters on the query: browsers can send the token nowhere else")
      .with("status", line.answer.status);
  return finding;
}

/// LiveKit speaks of a request without any token, and one was in the query.
Finding dropped(const Asked& line, const std::string& url) {
  Finding finding(findings::proxy_strips_authorization, url);
  finding
      .saying(
          "The proxy of " + url +
          " drops the query of /rtc/v1: the token of every browser is in it, and LiveKit sees none. Nobody "
          "can join.")
      .change(
          "Pass the query on (nginx: proxy_pass without a path of its own, or with $request_uri in place of "
          "$uri)")
      .with("status", line.answer.status);
  return finding;
}

}  // namespace

bool reached_handler(const proto::Reading& reading) {
  return reading.is_livekit() && reading.meaning != Meaning::empty_not_found &&
         reading.meaning != Meaning::go_not_found && reading.meaning != Meaning::healthy;
}

std::optional<Finding> met_by_query(const UpgradeSurvey& survey, const std::string& url) {
  const Asked* line = find(survey.answers, "line_6000");
  if (line == nullptr || line->answer.status == 0 || refused_by_limit(*line, true)) return std::nullopt;
  if (!reached_handler(reading_of(survey.answers, "ws_v1"))) return std::nullopt;
  // A bad token is refused before anything else. Without one this request, which is no upgrade, gets an empty
  // 404.
  const proto::Reading reading = line->read();
  const bool lost = reading.is_livekit() && reading.meaning == Meaning::empty_not_found;
  if (!lost && !refusal_of(*line)) return std::nullopt;
  Finding finding = lost ? dropped(*line, url) : refused(*line, url);
  finding.with("address", survey.address).quoting("body", line->answer.body.substr(0, 120));
  return finding;
}

std::optional<Finding> met_without_token(const UpgradeSurvey& survey, const std::string& url,
                                         const std::string& outcome) {
  const Asked* upgrade = find(survey.answers, "ws");
  if (upgrade == nullptr || upgrade->read().meaning != Meaning::token_refused) return std::nullopt;
  Finding finding(findings::proxy_strips_authorization, url);
  finding
      .saying("The proxy of " + url +
              " puts an Authorization header of its own on what it passes to LiveKit: a request without any "
              "token is refused for a bad one. LiveKit reads that header first, so that " +
              outcome)
      .change(
          "Take out the line that sets the header (nginx: proxy_set_header Authorization \"…\"; HAProxy: "
          "http-request set-header Authorization; Apache: RequestHeader set Authorization): without it the "
          "client's own passes")
      .with("status", upgrade->answer.status)
      .with("token_sent", false)
      .with("address", survey.address)
      .quoting("body", upgrade->answer.body.substr(0, 120));
  return finding;
}

}  // namespace lkdoctor::probes
