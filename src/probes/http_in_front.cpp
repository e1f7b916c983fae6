// SPDX-License-Identifier: EUPL-1.2
#include "probes/http_in_front.hpp"

#include <algorithm>
#include <lkdoctor/findings.hpp>

#include "probes/refusal.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

constexpr int kForbidden = 403, kBadGateway = 502;
constexpr std::size_t kShown = 120;

bool livekit_at_service_url(const HttpScene& scene) {
  const auto service = scene.facts.find(facts::service_identity);
  return service && service->answerer == facts::Answerer::livekit;
}

void judge_gateway(const HttpScene& scene, const Asked& asked) {
  const proto::Reading reading = asked.read();
  const bool alive = scene.side == Side::public_url && livekit_at_service_url(scene);
  const bool looked = scene.facts.find(facts::service_identity).has_value();
  const std::string proxy(proto::name_of(reading.speaker));
  const std::string status = std::to_string(asked.answer.status);
  const bool wrong_port = alive && asked.answer.status == kBadGateway;
  const std::string said = wrong_port ? "LiveKit answers at service_url, but " + proxy + " in front of " +
                                            scene.url() + " answers " + status +
                                            ": it forwards to another port or in another protocol."
                                      : "At " + scene.what() + " " + proxy + " answers " + status +
                                            ": it cannot reach LiveKit behind it.";
  scene.raise(wrong_port ? findings::wrong_port_behind_proxy : findings::proxy_backend_down)
      .saying(said)
      .sure(wrong_port ? Confidence::likely : Confidence::proven)
      .with("status", asked.answer.status)
      .with("proxy", reading.speaker)
      .with("first_byte_ms", asked.first_byte.count() / 1000)
      .with("livekit_answers_at_service_url", looked ? Json(alive) : Json())
      .quoting("body", asked.answer.body.substr(0, kShown));
}

/// LiveKit's HTTP server could not read what the proxy sent.
void judge_other_protocol(const HttpScene& scene, const Asked& asked) {
  scene.raise(findings::wrong_port_behind_proxy)
      .saying("What answers behind the proxy of " + scene.what() +
              " cannot read what the proxy sends (400 Bad Request of a Go server, as LiveKit is one): the "
              "PROXY protocol, or another protocol than HTTP.")
      .sure(Confidence::likely)
      .change(
          "Send plain HTTP to LiveKit's port 7880: without send-proxy (HAProxy), proxy_protocol (nginx, "
          "Traefik, a load balancer) or TLS")
      .with("status", asked.answer.status)
      .quoting("body", asked.answer.body.substr(0, kShown));
}

void judge_interception(const HttpScene& scene, const Asked& asked, const Refusal& refusal) {
  const std::string proxy(proto::name_of(asked.read().speaker));
  Finding& finding = scene.raise(findings::proxy_auth_or_waf_intercepts)
                         .sure(refusal.sure)
                         .saying("The " + std::to_string(asked.answer.status) + " of " + scene.what() +
                                 " comes from " + proxy + ", not from LiveKit: " + refusal.why + ".")
                         .with("status", asked.answer.status);
  for (const char* name : {"www-authenticate", "location"}) {
    const std::string sent = asked.answer.header(name);
    if (!sent.empty())
      finding.quoting(name == std::string_view("location") ? name : "www_authenticate", sent);
  }
  finding.quoting("body", asked.answer.body.substr(0, kShown));
  if (!refusal.change.empty()) finding.change(refusal.change);
  if (scene.side == Side::service_url && asked.answer.status == kForbidden) {
    finding.change(
        "Let the controller and the recorder through to LiveKit, on every path; then check again on their "
        "hosts");
  }
}

/// Who is let in at service_url is the controller's affair: from elsewhere a 403 proves nothing.
bool is_not_for_us(const HttpScene& scene, const Asked& asked) {
  return scene.side == Side::service_url && asked.answer.status == kForbidden &&
         scene.deployment.run.vantage != Vantage::controller;
}

void judge_closed_to_us(const HttpScene& scene) {
  scene.judgement.not_tested(scene.what(), "it does not let this machine in (HTTP 403)",
                             "run on the controller's host: lkdoctor check --vantage controller");
  scene.judgement.skip("service_url need not let this machine in: HTTP 403");
}

/// The answer to `asked` sends the client to the place that it has asked.
bool leads_to_itself(const HttpScene& scene, const Asked& asked) {
  const facts::UrlAddresses& where = scene.survey.where;
  const std::string location = asked.answer.header("location");
  const bool api = asked.name == "twirp";
  const std::string path = path_under(where, api ? "/twirp/livekit.RoomService/ListRooms" : "/rtc/validate");
  if (location == path) return true;
  const auto url = parse_url(location);
  return url && url->host == where.host && url->port == where.port && url->tls() == where.tls &&
         url->path == path;
}

void judge_redirect(const HttpScene& scene, const Asked& asked) {
  const std::string status = std::to_string(asked.answer.status);
  Finding& finding =
      scene.raise(findings::public_url_redirects)
          .saying(scene.what() + " redirects (" + status + "); a WebSocket does not follow redirects.")
          .with("status", asked.answer.status)
          .quoting("location", asked.answer.header("location"));
  if (!leads_to_itself(scene, asked)) return;
  finding.saying(scene.what() + " redirects to itself (" + status + "): a loop, which reaches nothing.")
      .change(
          "Take the redirect out of the virtual host that answers here: mostly one from http to https that "
          "does not know of the TLS in front of it (X-Forwarded-Proto)");
}

const Asked* answer_meaning(const AddressSurvey& address, Meaning meaning) {
  for (const std::string_view name : {"validate", "twirp"}) {
    const Asked* asked = find(address.answers, name);
    if (asked != nullptr && asked->read().meaning == meaning) return asked;
  }
  return nullptr;
}

}  // namespace

bool judge_in_front(const HttpScene& scene, const AddressSurvey& address) {
  for (const std::string_view name : {"validate", "twirp"}) {
    const Asked* asked = find(address.answers, name);
    const auto refusal = asked == nullptr ? std::nullopt : refusal_of(*asked);
    if (!refusal) continue;
    is_not_for_us(scene, *asked) ? judge_closed_to_us(scene) : judge_interception(scene, *asked, *refusal);
    return true;
  }
  if (const Asked* gateway = answer_meaning(address, Meaning::gateway_error)) {
    judge_gateway(scene, *gateway);
  } else if (const Asked* unread = answer_meaning(address, Meaning::go_bad_request)) {
    judge_other_protocol(scene, *unread);
  } else if (const Asked* moved = answer_meaning(address, Meaning::redirect)) {
    judge_redirect(scene, *moved);
  } else {
    return false;
  }
  return true;
}

}  // namespace lkdoctor::probes
