// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/findings.hpp>
#include <lkdoctor/probes/join.hpp>
#include <lkdoctor/probes/key_difference.hpp>

#include "probes/join_carried.hpp"
#include "probes/refusal.hpp"
#include "probes/signal_upgrade.hpp"

namespace lkdoctor::probes {

std::optional<facts::HttpIdentity> identity_at(Side side, const Facts& facts) {
  if (side == Side::responder) return std::nullopt;
  return facts.find(side == Side::public_url ? facts::public_identity : facts::service_identity);
}

Finding& raise_at(Judgement& judgement, const Deployment& deployment, const FindingDef& definition,
                  const JoinAttempt& attempt) {
  Finding& finding = judgement.raise(definition, attempt.url);
  const Origin& origin = url_of(deployment, attempt.side).origin;
  if (origin.known()) finding.at(origin);
  return finding.with("address", attempt.address);
}

std::string seconds_of(Microseconds took) {
  return std::to_string(took.count() / 1'000'000) + "." + std::to_string(took.count() / 100'000 % 10) + " s";
}

namespace {

using proto::Meaning;

void judge_silent_session(const JoinAttempt& attempt, const Deployment& deployment, Judgement& judgement) {
  raise_at(judgement, deployment, findings::session_start_stalls, attempt)
      .saying("The upgrade at " + attempt.url +
              " gets 101, but LiveKit's first message does not follow: something between answers itself.")
      .change(kForwardUpgrades)
      .with("first_message", attempt.first_message)
      .with("waited_ms", attempt.first_message_took.count() / 1000);
}

void judge_lost_header(const JoinAttempt& attempt, std::string_view header, const Deployment& deployment,
                       Judgement& judgement) {
  const std::string name(header);
  raise_at(judgement, deployment, findings::ws_upgrade_stripped, attempt)
      .saying("The proxy of " + attempt.url + " drops the header " + name +
              " of the WebSocket upgrade: LiveKit takes the token and then finds no handshake (" +
              words_for(attempt.upgrade) + "). Nobody can join.")
      .change("Pass " + name +
              " on to LiveKit as it came: take out what removes or sets it (nginx: "
              "proxy_set_header " +
              name + "; Apache: RequestHeader; HAProxy: http-request del-header)")
      .with("header", name)
      .with("status", attempt.upgrade.answer.status)
      .quoting("body", attempt.upgrade.answer.body);
}

/// Other paths of the URL lead to LiveKit, and those below /rtc do not: it has not seen the token.
bool is_path_elsewhere(const JoinAttempt& attempt, const Facts& facts) {
  const auto identity = identity_at(attempt.side, facts);
  return identity && identity->answerer == facts::Answerer::livekit && !identity->rtc;
}

/// LiveKit, or a proxy that waited for it in vain, answered the upgrade with an error.
void judge_error(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement) {
  const Asked& asked = attempt.upgrade;
  const proto::Reading reading = asked.read();
  const std::string &body = asked.answer.body, status = std::to_string(asked.answer.status);
  if (reading.meaning == Meaning::over_limit) {
    raise_at(judgement, deployment, findings::node_limit_reached, attempt).quoting("body", body);
    return;
  }
  if (names_no_node(asked)) {
    const auto& waited = attempt.without_node_for;
    const std::string also = waited ? ", also after " + seconds_of(*waited) : "";
    raise_at(judgement, deployment, findings::no_available_nodes, attempt)
        .saying("LiveKit at " + attempt.url + " finds no node for a new room" + also + ".")
        .with("asked_again_for_ms", waited ? Json(waited->count() / 1000) : Json())
        .quoting("body", body);
    return;
  }
  const bool late = asked.first_byte > Milliseconds(1500);
  const bool livekit = reading.meaning == Meaning::livekit_error;
  if (!livekit && is_path_elsewhere(attempt, facts))
    return judgement.could_not_tell("/rtc at " + attempt.url + " does not lead to LiveKit (" +
                                    words_for(asked) + ")");
  const bool refused = livekit && body.starts_with("connection closed by media");
  if (refused || !(livekit || (reading.meaning == Meaning::gateway_error && late))) {
    if (!livekit) return judgement.could_not_tell("the upgrade was answered with " + words_for(asked));
    raise_at(judgement, deployment, findings::join_refused, attempt)
        .saying("LiveKit at " + attempt.url + " refuses a join with a good token: " + status + ".")
        .with("status", asked.answer.status)
        .quoting("body", body);
    return;
  }
  raise_at(judgement, deployment, findings::session_start_stalls, attempt)
      .saying("LiveKit at " + attempt.url + " takes the token but starts no session: HTTP " + status +
              " after " + seconds_of(asked.first_byte) + ".")
      .with("status", asked.answer.status)
      .with("first_byte_ms", asked.first_byte.count() / 1000)
      .quoting("body", body);
}

}  // namespace

void judge_attempt(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                   Judgement& judgement) {
  if (attempt.side == Side::responder) return judge_carried_join(attempt, facts, deployment, judgement);
  const Asked& asked = attempt.upgrade;
  if (asked.answer.status == 101) {
    if (attempt.first_message != "join") judge_silent_session(attempt, deployment, judgement);
    return;
  }
  if (const auto header = lost_upgrade_header(asked); !header.empty())
    return judge_lost_header(attempt, header, deployment, judgement);
  if (asked.read().meaning == Meaning::room_absent) {
    return judgement.could_not_tell("LiveKit at " + attempt.url +
                                    " makes no rooms by itself (room.auto_create is off), and this run "
                                    "makes none");
  }
  if (asked.answer.status >= 500) return judge_error(attempt, facts, deployment, judgement);
  if (asked.outcome.error == net::NetError::timed_out && !asked.outcome.at_forward_proxy() &&
      asked.outcome.stage != net::Stage::connect && asked.outcome.stage != net::Stage::tls &&
      attempt.wait_was_long) {
    raise_at(judgement, deployment, findings::session_start_stalls, attempt)
        .saying("LiveKit at " + attempt.url + " takes the token and then says nothing for " +
                seconds_of(attempt.waited) + ".")
        .with("waited_ms", attempt.waited.count() / 1000);
    return;
  }
  if (asked.outcome.error == net::NetError::untrusted) {
    return judgement.could_not_tell("no token was sent to " + attempt.url +
                                    ": its certificate is not trusted");
  }
  const bool by_token = !deployment.has_key_pair() && deployment.token.is_set();
  const std::string refused = by_token ? why_token_refused(asked.read()) : "";
  judgement.could_not_tell("no join at " + attempt.url + ": " + words_for(asked) +
                           (refused.empty() ? "" : ", the token is refused: " + refused));
}

}  // namespace lkdoctor::probes
