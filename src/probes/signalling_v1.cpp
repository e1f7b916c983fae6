// SPDX-License-Identifier: EUPL-1.2
#include "probes/signalling_v1.hpp"

#include <lkdoctor/probes/limits.hpp>

#include "probes/page_origin.hpp"
#include "probes/refusal.hpp"
#include "probes/signalling_query.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

constexpr int kNotFound = 404;

bool reached_livekit(const Asked& asked) {
  const proto::Reading reading = asked.read();
  return reached_handler(reading) || (reading.meaning == Meaning::go_not_found && reading.is_livekit());
}

Json status_of(const Asked& asked) {
  return asked.answer.status == 0 ? Json() : Json(asked.answer.status);
}

Finding closed(const std::string& url) {
  Finding finding(findings::rtc_v1_not_proxied, url);
  finding.graded(Severity::failure)
      .saying("The proxy of " + url +
              " passes /rtc on, and closes requests for /rtc/v1 without an answer: current web clients take "
              "this for final and do not join.");
  return finding;
}

/// From the same machine, with the same headers, /rtc is let through: the rule means the path or the query.
Finding refused(const Asked& v1, const Refusal& refusal, const std::string& url) {
  const bool by_rule = v1.answer.status == 403;
  Finding finding(findings::proxy_auth_or_waf_intercepts, url);
  finding
      .saying("The proxy of " + url + " passes /rtc on, and refuses /rtc/v1 with " +
              std::to_string(v1.answer.status) + ": " +
              (by_rule ? "a rule there means the path, or join_request in its query" : refusal.why) +
              ". Current web clients take this for final and do not join.")
      .change(by_rule ? "Exempt /rtc/v1 and its query from the rule that refuses it; the log of the proxy or "
                        "of the filter names it"
                      : "Let /rtc/v1 through to LiveKit as /rtc is")
      .with("path", "/rtc/v1");
  return finding;
}

Finding not_passed_on(const Asked& v1, const std::string& url) {
  const int status = v1.answer.status;
  const bool falls_back = status == kNotFound;
  Finding finding(findings::rtc_v1_not_proxied, url);
  finding.graded(falls_back ? Severity::warning : Severity::failure)
      .saying("The proxy of " + url + " passes /rtc on, but answers /rtc/v1 itself with " +
              std::to_string(status) +
              (falls_back ? ": current web clients fall back to /rtc and lose time."
                          : ": current web clients take this for final and do not join."));
  if (v1.read().meaning == Meaning::gateway_error) {
    finding.change(
        "Correct the upstream of /rtc/v1 in the proxy: nothing answers there, and that of /rtc is the right "
        "one");
  }
  return finding;
}

}  // namespace

bool hung_up(const Asked* asked) {
  return asked != nullptr && asked->answer.status == 0 && asked->outcome.stage == net::Stage::upgrade &&
         asked->outcome.error == net::NetError::closed;
}

const Asked* without_origin(const UpgradeSurvey& survey) {
  const Asked* plain = find(survey.answers, "ws_v1_plain");
  return plain != nullptr ? plain : find(survey.answers, "ws_v1");
}

std::optional<Finding> met_by_origin(const UpgradeSurvey& survey, const facts::UrlAddresses& where,
                                     const Deployment& deployment) {
  const Asked* with = find(survey.answers, "ws_v1");
  const Asked* without = find(survey.answers, "ws_v1_plain");
  if (with == nullptr || without == nullptr || !reached_livekit(*without)) return std::nullopt;
  // One of several servers behind the proxy may be wrong, and the Origin have nothing to do with it.
  const Asked* again = find(survey.answers, "ws_v1_again");
  const bool both =
      again != nullptr && again->answer.status == with->answer.status && !reached_livekit(*again);
  if (!both || refused_by_limit(*with, true)) return std::nullopt;
  const PageOrigin page = page_origin(deployment, where);
  Finding finding(findings::proxy_auth_or_waf_intercepts, where.url);
  finding
      .saying("The proxy of " + where.url + " passes upgrades on, and refuses one with \"Origin: " +
              page.value + "\" (" + words_for(*with) + "). " +
              (page.known ? "Every browser sends that with a WebSocket: nobody can join."
                          : "Every browser sends the origin of OpenTalk's page with a WebSocket; if the rule "
                            "does not let that one through, nobody can join."))
      .change(
          "Let upgrades with the Origin of OpenTalk's page through (nginx: look for $http_origin), and "
          "leave it to LiveKit, which takes every Origin")
      .with("origin", page.value)
      .with("status", status_of(*with))
      .with("status_without_origin", without->answer.status)
      .with("address", survey.address)
      .quoting("body", with->answer.body.substr(0, 120));
  // It may be the page's origin alone that is let in, and the page is not known.
  if (!page.known) {
    finding.graded(Severity::warning)
        .sure(Confidence::likely)
        .change(
            "See that upgrades with the Origin of OpenTalk's page pass (nginx: look for $http_origin); with "
            "[frontend] base_url in controller.toml this run sends that one");
  }
  return finding;
}

std::optional<Finding> met_by_v1(const UpgradeSurvey& survey, const std::string& url) {
  const Asked* asked = without_origin(survey);
  if (asked == nullptr) return std::nullopt;
  const Asked& v1 = *asked;
  const bool silent = hung_up(asked);
  if (v1.answer.status == 0 && !silent) return std::nullopt;
  if (refused_by_limit(v1, true) || reached_livekit(v1)) return std::nullopt;
  const auto refusal = silent ? std::nullopt : refusal_of(v1);
  Finding finding = silent ? closed(url) : refusal ? refused(v1, *refusal, url) : not_passed_on(v1, url);
  finding.with("status", status_of(v1)).with("address", survey.address);
  if (!silent) finding.quoting("body", v1.answer.body.substr(0, 120));
  return finding;
}

}  // namespace lkdoctor::probes
