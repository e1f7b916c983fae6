// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/http_survey.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/text.hpp>

#include "probes/http_finer.hpp"
#include "probes/http_in_front.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

using Scene = HttpScene;

bool says(const AddressSurvey& address, std::string_view name, Meaning meaning) {
  return reading_of(address.answers, name).meaning == meaning;
}

/// `OK` alone proves nothing: anybody can say it.
bool is_livekit_route(const proto::Reading& reading) {
  return reading.is_livekit() && reading.meaning != Meaning::healthy &&
         reading.meaning != Meaning::go_not_found && reading.meaning != Meaning::empty_not_found;
}

bool is_livekit_404(const proto::Reading& reading) {
  return reading.is_livekit() &&
         (reading.meaning == Meaning::go_not_found || reading.meaning == Meaning::empty_not_found);
}

const Asked& main_answer(const AddressSurvey& address) {
  for (const std::string_view name : {"validate", "twirp", "health"}) {
    const Asked* asked = find(address.answers, name);
    if (asked != nullptr && asked->answer.status != 0) return *asked;
  }
  return address.answers.front();
}

void judge_unreachable_service(const Scene& scene, const Asked& asked) {
  if (scene.deployment.run.vantage != Vantage::controller) {
    const std::string reason = "not reachable from here (" + words_for(asked) + ")";
    scene.judgement.not_tested(scene.what(), reason,
                               "run on the controller's host: lkdoctor check --vantage controller");
    scene.judgement.skip("service_url need not be reachable from here: " + words_for(asked));
    return;
  }
  scene.raise(findings::service_url_unreachable)
      .saying("The controller cannot reach " + scene.what() + " from here: " + words_for(asked) + ".")
      .with("stage", asked.outcome.stage)
      .with("error", asked.outcome.error);
}

/// The connection and TLS stand, and no request gets an answer.
bool hangs_up(const HttpSurvey& survey) {
  return std::ranges::all_of(survey.addresses, [](const AddressSurvey& address) {
    return !address.answers.empty() && std::ranges::all_of(address.answers, [](const Asked& asked) {
      const net::NetOutcome& outcome = asked.outcome;
      const bool ended = outcome.error == net::NetError::closed || outcome.error == net::NetError::reset;
      return ended && outcome.stage == net::Stage::response;
    });
  });
}

void judge_hanging_up(const Scene& scene, const Asked& asked) {
  scene.raise(findings::endpoint_stalls)
      .saying(scene.what() + " takes the connection and closes it without an answer to any request.")
      .change(
          "Look in the log of what listens there: a rule that drops requests (nginx: return 444), or a "
          "forward of TCP to a LiveKit that does not run")
      .with("address", scene.survey.addresses.front().address)
      .with("stage", asked.outcome.stage)
      .with("error", asked.outcome.error);
}

/// Under TLS 1.3 the handshake is over for the client when the server says so.
bool wants_certificate(const net::NetOutcome& outcome) {
  return outcome.error == net::NetError::tls_refused &&
         outcome.text.find("certificate_required") != std::string::npos;
}

void judge_client_certificate(const Scene& scene, const Asked& asked) {
  scene.raise(findings::proxy_auth_or_waf_intercepts)
      .saying(scene.what() +
              " ends every TLS session for want of a certificate of the client, and participants' browsers "
              "have none.")
      .change(
          "Ask for no client certificate at this URL (HAProxy: verify none; Apache: SSLVerifyClient none; "
          "Caddy: no client_auth)")
      .with("address", scene.survey.addresses.front().address)
      .with("stage", asked.outcome.stage)
      .with("error", asked.outcome.error);
}

void judge_silence(const Scene& scene) {
  const AddressSurvey& first = scene.survey.addresses.front();
  if (first.answers.empty()) return scene.judgement.could_not_tell("nothing was asked at " + first.address);
  const Asked& asked = first.answers.front();
  const net::NetOutcome& outcome = asked.outcome;
  if (outcome.at_forward_proxy()) return scene.judgement.could_not_tell(outcome.text);
  if (wants_certificate(outcome) && outcome.stage != net::Stage::tls)
    return judge_client_certificate(scene, asked);
  if (outcome.stage == net::Stage::tls || outcome.error == net::NetError::untrusted) {
    scene.judgement.could_not_tell("no TLS session with " + scene.url() + " (" + words_for(asked) + ")");
    return;
  }
  if (outcome.error == net::NetError::network_unreachable) {
    scene.judgement.could_not_tell("no route from here to " + first.address);
    return;
  }
  if (scene.side == Side::service_url) return judge_unreachable_service(scene, asked);
  const bool stalls = outcome.stage == net::Stage::response && outcome.error == net::NetError::timed_out;
  if (stalls) {
    scene.raise(findings::endpoint_stalls)
        .saying(scene.what() + " accepts the connection and then says nothing.")
        .with("address", first.address);
    return;
  }
  if (hangs_up(scene.survey)) return judge_hanging_up(scene, asked);
  const bool silent = outcome.error == net::NetError::timed_out;
  if (silent && answered_before(scene.side, scene.facts)) {
    raise_banned(scene.side, scene.url(), first.address, words_for(asked), scene.deployment, scene.judgement);
    return scene.judgement.could_not_tell("it fell silent (" + words_for(asked) + ")");
  }
  scene.raise(findings::endpoint_unreachable)
      .saying("Nothing answers at " + scene.what() + ": " + words_for(asked) + ".")
      .with("address", first.address)
      .with("stage", outcome.stage)
      .with("error", outcome.error);
}

void judge_path(const Scene& scene, const AddressSurvey& address) {
  const auto root = scene.survey.where;
  const std::string origin_url = (root.tls ? "https://" : "http://") + root.host;
  std::string at;
  if (is_livekit_route(reading_of(address.answers, "root_twirp")) ||
      is_livekit_route(reading_of(address.answers, "root_validate"))) {
    at = origin_url + "/";
  } else if (is_livekit_route(reading_of(address.answers, "prefix_validate"))) {
    at = origin_url + "/livekit";
  }
  const std::string said = at.empty() ? "LiveKit is behind " + scene.what() +
                                            " but does not know the path: the proxy passes the prefix on."
                                      : "LiveKit answers at " + at + ", not at " + scene.what() + ".";
  scene.raise(findings::proxy_path_mismatch)
      .saying(said)
      .with("found_at", at.empty() ? Json() : Json(at))
      .with("status", main_answer(address).answer.status)
      .quoting("body", main_answer(address).answer.body.substr(0, 120));
}

void judge_foreign(const Scene& scene, const AddressSurvey& address) {
  const Asked& asked = main_answer(address);
  const Asked* health = find(address.answers, "health");
  const Asked& shown = health != nullptr && health->answer.status != 0 ? *health : asked;
  scene.raise(findings::wrong_backend)
      .saying(scene.what() + " answers " + std::to_string(shown.answer.status) +
              " but is not LiveKit: no Twirp bad_route, no text of LiveKit's join check.")
      .with("address", address.address)
      .with("status", shown.answer.status)
      .quoting("server", shown.answer.header("server"))
      .quoting("body", shown.answer.body.substr(0, 120));
}

/// A session came about through this URL: LiveKit is there, and what it refuses is answered by the proxy.
bool judge_replaced_errors(const Scene& scene, const AddressSurvey& address) {
  const auto joined = scene.facts.find(facts::join_response);
  if (!joined || joined->by_whip || joined->through != name_of(scene.side)) return false;
  const Asked& asked = main_answer(address);
  scene.raise(findings::wrong_backend)
      .graded(Severity::warning)
      .saying("A session goes through " + scene.url() +
              ", but LiveKit's refusals do not: the proxy puts a page of its own (" +
              std::to_string(asked.answer.status) +
              ") in their place, so clients and logs do not show why a join fails.")
      .change(
          "Let the proxy pass LiveKit's errors on (nginx: proxy_intercept_errors off in LiveKit's location)")
      .with("address", address.address)
      .with("status", asked.answer.status)
      .quoting("body", asked.answer.body.substr(0, 120));
  return true;
}

/// LiveKit's fingerprint is missing at this address: whose fault is it.
void judge_not_livekit(const Scene& scene, const AddressSurvey& address) {
  const bool elsewhere = is_livekit_route(reading_of(address.answers, "root_twirp")) ||
                         is_livekit_route(reading_of(address.answers, "root_validate")) ||
                         is_livekit_route(reading_of(address.answers, "prefix_validate"));
  const bool unknown_path = is_livekit_404(reading_of(address.answers, "validate")) ||
                            is_livekit_404(reading_of(address.answers, "twirp"));
  if (elsewhere || unknown_path) return judge_path(scene, address);
  if (judge_in_front(scene, address)) return;
  if (judge_replaced_errors(scene, address)) return;
  judge_foreign(scene, address);
}

void judge_missing_twirp(const Scene& scene, const AddressSurvey& address) {
  if (says(address, "twirp", Meaning::twirp_bad_route)) return;
  const bool api_goes_here = scene.side == Side::service_url || !scene.deployment.service_url.is_set();
  if (!api_goes_here || reading_of(address.answers, "validate").meaning == Meaning::nothing) return;
  const Asked* asked = find(address.answers, "twirp");
  if (asked == nullptr || asked->answer.status == 0 || refused_by_limit(*asked, true)) return;
  scene.raise(findings::twirp_not_proxied)
      .graded(scene.side == Side::service_url ? Severity::failure : Severity::info)
      .saying(scene.what() + " does not reach LiveKit's API: GET /twirp/livekit.RoomService/ListRooms gave " +
              std::to_string(asked->answer.status) + ", not Twirp's bad_route.")
      .with("status", asked->answer.status)
      .quoting("body", asked->answer.body.substr(0, 120));
}

void judge_not_ready(const Scene& scene, const AddressSurvey& address) {
  if (!says(address, "health", Meaning::not_ready)) return;
  const bool recovered = reading_of(address.after_pause, "health").meaning == Meaning::healthy;
  if (recovered) return;
  const Asked* health = find(address.answers, "health");
  scene.raise(findings::not_ready_406)
      .saying("LiveKit at " + scene.url() + " reports Not Ready, and still did 2.5 s later.")
      .with("samples", address.after_pause.empty() ? 1 : 2)
      .quoting("body", health->answer.body);
}

/// True if a limit kept LiveKit from being seen at all.
bool judge_limit(const Scene& scene, const AddressSurvey& address, bool livekit_here) {
  const bool livekit = livekit_here || livekit_answered(scene.side, scene.facts);
  LimitMet met;
  met.count(address.answers, livekit);
  met.count(address.again, livekit);
  if (met.refused == 0) return false;
  raise_limit(met, scene.side, scene.url(), scene.deployment, scene.judgement);
  return !livekit_here;
}

void judge_address(const Scene& scene, const AddressSurvey& address) {
  const std::string path = path_under(scene.survey.where, "");
  const bool livekit_here = answerer_of(address, path) == facts::Answerer::livekit;
  if (judge_limit(scene, address, livekit_here)) {
    scene.judgement.could_not_tell("a limit refused the requests that show LiveKit at " + scene.url());
    return;
  }
  switch (answerer_of(address, path)) {
    case facts::Answerer::nobody:
      return;
    case facts::Answerer::livekit:
      judge_missing_twirp(scene, address);
      judge_not_ready(scene, address);
      return;
    case facts::Answerer::controller_proxy:
    case facts::Answerer::roomserver:
    case facts::Answerer::orchestrator:
      // Refusals are what OpenTalk's own proxies owe us; as service_url they are the wrong place.
      if (scene.side == Side::service_url) judge_foreign(scene, address);
      return;
    default:
      judge_not_livekit(scene, address);
  }
}

}  // namespace

void judge_http(const HttpSurvey& survey, Side side, const Facts& facts, const Deployment& deployment,
                Judgement& judgement) {
  const Scene scene{survey, side, facts, deployment, judgement};
  const facts::HttpIdentity identity = identity_of(survey);
  mark_proxy(survey.where, judgement);
  judgement.fact("answerer", identity.answerer);
  judgement.fact("ready", identity.answerer == facts::Answerer::livekit ? Json(identity.ready) : Json());
  judgement.fact("rtc_v1", identity.answerer == facts::Answerer::livekit ? Json(identity.rtc_v1) : Json());
  judgement.fact("answering_addresses", identity.answering);
  if (survey.addresses.empty()) return judgement.could_not_tell("no address to ask");
  if (identity.answerer == facts::Answerer::nobody) return judge_silence(scene);
  std::vector<std::string> seen;
  for (const AddressSurvey& address : survey.addresses) {
    // One cause seen at several addresses is said once.
    Judgement single;
    judge_address({survey, side, facts, deployment, single}, address);
    if (single.unknown_reason()) judgement.could_not_tell(*single.unknown_reason());
    if (single.skip_reason() && !judgement.skip_reason()) {
      judgement.skip(*single.skip_reason());
      for (const auto& one : single.untested()) judgement.not_tested(one.what, one.reason, one.how);
    }
    for (const Finding& finding : single.findings()) {
      if (std::ranges::find(seen, finding.id) != seen.end()) continue;
      seen.push_back(finding.id);
      judgement.raise(finding);
    }
  }
  judge_finer_points(survey, side, facts, deployment, judgement);
}

}  // namespace lkdoctor::probes
