// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/probes/signalling.hpp>

#include "probes/refusal.hpp"
#include "probes/signalling_query.hpp"
#include "probes/signalling_v1.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

struct Scene {
  const SignallingSurvey& survey;
  Side side;
  const Deployment& deployment;
  Judgement& judgement;
  const Facts& facts;

  /// Browsers go to public_url, which leads straight to LiveKit: by service_url only a recorder or SIP joins.
  bool concerns_few() const { return is_apart() && deployment.run.vantage == Vantage::controller; }
  bool is_apart() const {
    return side == Side::service_url && facts.find(facts::signalling_topology) == facts::Topology::direct;
  }
  std::string_view who_cannot_join() const {
    return concerns_few() ? "What joins by service_url cannot, as a recorder or SIP." : "Nobody can join.";
  }

  Finding& raise(const FindingDef& definition, const std::string& subject) const {
    return placed(judgement.raise(definition, subject));
  }
  /// With what holds of every finding of this URL: how much it weighs, and where it stands.
  Finding& placed(Finding& finding) const {
    if (concerns_few() && finding.severity == Severity::failure) finding.graded(Severity::warning);
    return located(finding);
  }
  Finding& located(Finding& finding) const {
    const Origin& origin = url_of(deployment, side).origin;
    if (origin.known()) finding.at(origin);
    return finding;
  }
  void raise_met(std::optional<Finding> met) const {
    if (met) judgement.raise(std::move(placed(*met)));
  }
  const std::string& url() const { return survey.where.url; }
};

bool is_empty_404(const proto::Reading& reading) {
  return reading.meaning == Meaning::empty_not_found;
}

void raise_stripped(const Scene& scene, const UpgradeSurvey& survey, std::string_view name) {
  const Asked& asked = *find(survey.answers, name);
  const std::string path = path_under(scene.survey.where, name == "ws" ? "/rtc" : "/rtc/v1");
  const std::string proxy(proto::name_of(proto::read_answer({400, asked.answer.headers, ""}).speaker));
  scene.raise(findings::ws_upgrade_stripped, scene.url())
      .saying("The proxy drops the WebSocket upgrade on " + path + " of " + scene.url() +
              ": LiveKit sees an ordinary request and answers " + std::to_string(asked.answer.status) +
              " without a body. " + std::string(scene.who_cannot_join()))
      .with("path", path)
      .with("status", asked.answer.status)
      .with("address", survey.address)
      .with("validate_answers", true)
      .quoting("server", asked.answer.header("server"));
}

void raise_missing(const Scene& scene, const UpgradeSurvey& survey, bool both) {
  const Asked& asked = *find(survey.answers, "ws");
  const std::string path = path_under(scene.survey.where, "/rtc");
  Finding& finding = scene.raise(findings::signalling_path_missing, scene.url());
  finding
      .saying(both ? "Neither " + path + " nor " + path + "/v1 of " + scene.url() + " reaches LiveKit (" +
                         words_for(asked) + "): nobody can join, and current web clients wait for ever."
                   : path + " of " + scene.url() + " does not reach LiveKit (" + words_for(asked) +
                         "): clients without /rtc/v1 cannot join.")
      .with("status", asked.answer.status == 0 ? Json() : Json(asked.answer.status))
      .with("address", survey.address);
  if (!asked.answer.body.empty()) finding.quoting("body", asked.answer.body.substr(0, 120));
  if (asked.read().meaning != Meaning::gateway_error) return;
  finding.change("Correct the upstream of " + path +
                 " in the proxy: nothing answers there, while other paths of the URL reach LiveKit");
}

/// The path leads somewhere that does not let us through: it is not missing.
void raise_refused(const Scene& scene, const UpgradeSurvey& survey, const Refusal& refusal, bool both) {
  const Asked& asked = *find(survey.answers, "ws");
  const std::string path = path_under(scene.survey.where, "/rtc");
  const std::string proxy(proto::name_of(asked.read().speaker));
  Finding& finding =
      scene.raise(findings::proxy_auth_or_waf_intercepts, scene.url())
          .sure(refusal.sure)
          .saying("The rest of " + scene.url() + " reaches LiveKit, but the " +
                  std::to_string(asked.answer.status) + " of " + path + " comes from " + proxy + ": " +
                  refusal.why + ". " + (both ? "Nobody" : "No client without /rtc/v1") +
                  " whom it refuses can join.")
          .with("path", path)
          .with("status", asked.answer.status)
          .with("address", survey.address)
          .quoting("body", asked.answer.body.substr(0, 120));
  if (!refusal.change.empty()) finding.change(refusal.change);
}

/// LiveKit shows at the URL, and this path of it is somebody else's.
void judge_unreached(const Scene& scene, const UpgradeSurvey& survey, bool both) {
  if (const auto refusal = refusal_of(*find(survey.answers, "ws")))
    return raise_refused(scene, survey, *refusal, both);
  raise_missing(scene, survey, both);
}

void raise_path_lost(const Scene& scene, const UpgradeSurvey& survey) {
  const std::string path = path_under(scene.survey.where, "/rtc");
  scene.raise(findings::proxy_path_mismatch, scene.url())
      .saying(path + " of " + scene.url() + " arrives at LiveKit as /: the proxy strips the path. " +
              std::string(scene.who_cannot_join()))
      .change(
          "Pass the path on as it came (nginx: no slash behind the port of proxy_pass; Caddy: handle, not "
          "handle_path)")
      .with("path", path)
      .with("status", find(survey.answers, "ws")->answer.status)
      .with("address", survey.address);
}

void judge_v1(const Scene& scene, const UpgradeSurvey& survey) {
  const Asked* v1 = without_origin(survey);
  if (v1 != nullptr && is_empty_404(v1->read()) && v1->read().is_livekit())
    return raise_stripped(scene, survey, "ws_v1");
  scene.raise_met(met_by_origin(survey, scene.survey.where, scene.deployment));
  scene.raise_met(met_by_v1(survey, scene.url()));
}

void judge_line(const Scene& scene, const UpgradeSurvey& survey) {
  const Asked* shorter = find(survey.answers, "line_3000");
  const Asked* asked = find(survey.answers, "line_6000");
  const Asked* short_one = find(survey.answers, "ws_v1");
  if (shorter == nullptr || asked == nullptr) return;
  // What closes the shortest request as well does not mind the length.
  if (short_one == nullptr || short_one->answer.status == 0) return;
  const Asked& longer = *asked;
  const bool both = shorter->answer.status == 0 || shorter->read().meaning == Meaning::line_too_long;
  scene.raise(findings::request_line_limit_low, scene.url())
      .graded(both ? Severity::failure : Severity::warning)
      .saying("The proxy of " + scene.url() + " refuses a request line of " + (both ? "3000" : "6000") +
              " bytes (" + words_for(both ? *shorter : longer) +
              "); current web clients send 4 to 6 thousand.")
      .with("refused_bytes", both ? 3000 : 6000)
      .with("accepted_bytes", both ? Json() : Json(3000))
      .with("status", longer.answer.status == 0 ? Json() : Json(longer.answer.status));
}

/// True if a limit answered where LiveKit should have.
bool judge_limit(const Scene& scene, const UpgradeSurvey& survey) {
  const bool shown =
      std::ranges::any_of(survey.answers, [](const Asked& asked) { return reached_handler(asked.read()); });
  const bool livekit = shown || livekit_answered(scene.side, scene.facts);
  LimitMet met;
  met.count(survey.answers, livekit);
  if (met.refused == 0) return false;
  raise_limit(met, scene.side, scene.url(), scene.deployment, scene.judgement);
  if (!refused_by_limit(*find(survey.answers, "ws"), livekit)) return false;
  const auto joined = scene.facts.find(facts::join_response);
  if (joined && joined->through == name_of(scene.side)) return true;  // a join proves the way itself
  scene.judgement.could_not_tell("a limit refused the upgrade at " + scene.url() + " (" +
                                 words_for(*find(survey.answers, "ws")) + ")");
  return true;
}

/// By service_url come the controller's calls, too: unless LiveKit accepted one there, all of them are lost.
bool judge_overwritten(const Scene& scene, const UpgradeSurvey& survey) {
  const auto key = scene.facts.find(facts::key_verdict);
  const bool lost = scene.is_apart() && (!key || key->at_service_url != facts::KeyState::accepted);
  std::string outcome = "the token of a browser never counts. Nobody can join.";
  if (scene.is_apart())
    outcome = lost ? "no token counts that comes by service_url, neither the controller's nor a recorder's."
                   : "the token of what joins by service_url never counts, as a recorder or SIP.";
  auto met = met_without_token(survey, scene.url(), outcome);
  if (!met) return false;
  scene.judgement.raise(std::move(lost ? scene.located(*met) : scene.placed(*met)));
  return true;
}

void judge_direct(const Scene& scene, const UpgradeSurvey& survey, bool api_is_livekit) {
  const Asked& ws = *find(survey.answers, "ws");
  if (judge_limit(scene, survey)) return;
  const proto::Reading reading = ws.read();
  const bool validate = reached_handler(reading_of(survey.answers, "validate"));
  if (ws.answer.status == 101) {
    scene.raise(findings::session_start_stalls, scene.url())
        .saying("Something in front of LiveKit at " + scene.url() +
                " answers 101 to an upgrade without token: LiveKit never does.")
        .change(kForwardUpgrades)
        .with("address", survey.address);
    return;
  }
  if (judge_overwritten(scene, survey)) return;
  if (reached_handler(reading)) {
    judge_v1(scene, survey);
    scene.raise_met(met_by_query(survey, scene.url()));
    return judge_line(scene, survey);
  }
  if (reading.meaning == Meaning::healthy) return raise_path_lost(scene, survey);
  if (is_empty_404(reading) && validate) return raise_stripped(scene, survey, "ws");
  if (reached_handler(reading_of(survey.answers, "ws_v1"))) return judge_unreached(scene, survey, false);
  if (validate || api_is_livekit) return judge_unreached(scene, survey, true);
  const auto joined = scene.facts.find(facts::join_response);
  if (joined && joined->through == name_of(scene.side) && !joined->by_whip) {
    return scene.judgement.not_tested("LiveKit's own refusals at " + scene.url(),
                                      "the proxy answers in their place; a session went through it",
                                      "let the proxy pass LiveKit's errors on, then check again");
  }
  scene.judgement.could_not_tell("LiveKit does not show at " + scene.url() + " (" + words_for(ws) + ")");
}

bool is_opentalk(facts::Answerer answerer) {
  using facts::Answerer;
  return answerer == Answerer::controller_proxy || answerer == Answerer::roomserver ||
         answerer == Answerer::orchestrator;
}

void judge_behind_opentalk(const Scene& scene, const UpgradeSurvey& survey) {
  const Asked& ws = *find(survey.answers, "ws");
  const int status = ws.answer.status;
  const bool refused = status == 400 || status == 401 || status == 403 || status == 422;
  if (refused) return judge_line(scene, survey);
  scene.judgement.could_not_tell("OpenTalk's proxy answers the upgrade with " + words_for(ws));
}

bool fell_silent(const SignallingSurvey& survey) {
  return !survey.addresses.empty() && std::ranges::all_of(survey.addresses, [](const UpgradeSurvey& one) {
    const Asked* ws = find(one.answers, "ws");
    return ws != nullptr && ws->outcome.error == net::NetError::timed_out &&
           ws->outcome.stage == net::Stage::connect;
  });
}

}  // namespace

void judge_signalling(const SignallingSurvey& survey, Side side, const Facts& facts,
                      const Deployment& deployment, Judgement& judgement) {
  const auto identity =
      facts.find(side == Side::public_url ? facts::public_identity : facts::service_identity);
  const bool opentalk = identity && is_opentalk(identity->answerer);
  const bool livekit = identity && identity->answerer == facts::Answerer::livekit;
  std::size_t answering = 0;
  std::string silence = "no address to ask";
  std::vector<std::string> seen;
  for (const UpgradeSurvey& address : survey.addresses) {
    const Asked* ws = find(address.answers, "ws");
    const bool refused = livekit && hung_up(ws);  // LiveKit itself answers at /
    if (!refused && (ws == nullptr || ws->answer.status == 0)) {
      if (ws != nullptr) silence = "the upgrade at " + address.address + " ended: " + words_for(*ws);
      continue;
    }
    ++answering;
    Judgement single;
    const Scene one{survey, side, deployment, single, facts};
    opentalk ? judge_behind_opentalk(one, address) : judge_direct(one, address, livekit);
    if (single.unknown_reason()) judgement.could_not_tell(*single.unknown_reason());
    for (const Finding& finding : single.findings()) {
      if (std::ranges::find(seen, finding.id) != seen.end()) continue;
      seen.push_back(finding.id);
      judgement.raise(finding);
    }
  }
  mark_proxy(survey.where, judgement);
  judgement.fact("answering_addresses", answering);
  if (answering > 0) return;
  if (fell_silent(survey) && answered_before(side, facts)) {
    raise_banned(side, survey.where.url, survey.addresses.front().address, silence, deployment, judgement);
  }
  const bool optional = side == Side::service_url && deployment.run.vantage != Vantage::controller;
  optional ? judgement.skip("service_url need not be reachable from here: " + silence)
           : judgement.could_not_tell(silence);
}

}  // namespace lkdoctor::probes
