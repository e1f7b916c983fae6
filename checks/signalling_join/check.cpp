// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/join.hpp>
#include <lkdoctor/probes/key_nodes.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/probes/still_there.hpp>

namespace lkdoctor::checks {
namespace {

using probes::JoinAttempt;
using probes::JoinObservation;
using probes::Side;
using proto::Meaning;

constexpr std::string_view kAfter[] = {facts::public_addresses.name, facts::service_addresses.name};
constexpr std::string_view kGives[] = {facts::join_response.name};
constexpr const FindingDef* kFindings[] = {
    &findings::session_start_stalls,     &findings::join_refused,
    &findings::node_limit_reached,       &findings::no_available_nodes,
    &findings::service_url_other_server, &findings::ws_lifetime_capped,
    &findings::nodes_inconsistent,       &findings::rate_limited,
    &findings::banned_during_run,        &findings::ws_upgrade_stripped,
    &findings::livekit_not_running,      &findings::api_key_unknown,
    &findings::api_secret_mismatch};
constexpr CheckInfo kInfo{
    .id = "signalling_join",
    .title = "A hidden participant can join",
    .findings = kFindings,
    .after = kAfter,
    .gives = kGives,
    .vantages = at(
        {Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::controller, Vantage::recorder}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

/// What let nothing below /rtc through lets nobody join.
bool judge_limit(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement) {
  const bool livekit = probes::livekit_answered(attempt.side, facts);
  if (!probes::refused_by_limit(attempt.upgrade, livekit)) return false;
  const auto identity = probes::identity_at(attempt.side, facts);
  const bool some_pass = attempt.limited < 2 && identity && identity->rtc;
  const probes::LimitMet met{1, 1, &attempt.upgrade};
  probes::raise_limit(met, attempt.side, attempt.url, deployment, judgement)
      .graded(some_pass ? Severity::warning : Severity::failure)
      .saying("A limit on requests in front of " + attempt.url + " refuses to let this machine join (" +
              probes::words_for(attempt.upgrade) + ")" + (attempt.limited > 1 ? ", also after a pause" : "") +
              "; this run's own requests may have met it.")
      .with("tries", attempt.limited);
  judgement.could_not_tell("a limit refused the join at " + attempt.url + " (" +
                           probes::words_for(attempt.upgrade) + ")");
  return true;
}

/// The first of several joins came too soon after this run's other requests.
void judge_waited(const JoinAttempt& attempt, const Deployment& deployment, Judgement& judgement) {
  if (attempt.limited == 0 || attempt.first_message != "join") return;
  judgement.raise(findings::rate_limited, attempt.url)
      .saying("A limit on requests in front of " + attempt.url + " refused the join " +
              (attempt.limited == 1 ? "once" : "twice") +
              " and let it through after a pause: this run's own burst met it, and so may a group of "
              "people behind one address.")
      .with("tries", attempt.limited)
      .at(probes::url_of(deployment, attempt.side).origin);
}

/// The key pair was accepted at this URL, and then refused at its one address: other servers answer there
/// too. Of several addresses api_key tells which one refuses.
bool judge_turns(const JoinAttempt& attempt, const Facts& facts, const Deployment& deployment,
                 Judgement& judgement) {
  const auto key = facts.find(facts::key_verdict);
  const auto where = probes::place_of(attempt.side, facts, deployment);
  if (attempt.side == Side::responder || !key || (where && where->addresses.size() > 1)) return false;
  const auto before = attempt.side == Side::public_url ? key->at_public_url : key->at_service_url;
  const bool was_good = before == facts::KeyState::accepted || before == facts::KeyState::mixed;
  const proto::Reading reading = attempt.upgrade.read();
  const bool other_keys =
      reading.fault == proto::TokenFault::unknown_key || reading.fault == proto::TokenFault::wrong_secret;
  if (!was_good || !other_keys) return false;
  probes::raise_other_keys(attempt.side, attempt.url, "one accepted the key pair, another refused the join",
                           deployment, judgement)
      .with("address", attempt.address)
      .with("status", attempt.upgrade.answer.status)
      .quoting("body", attempt.upgrade.answer.body);
  return true;
}

void judge_lifetime(const JoinObservation& observation, const Deployment& deployment, Judgement& judgement) {
  for (const JoinAttempt& attempt : observation.attempts) {
    if (!attempt.cut_after) continue;
    probes::raise_at(judgement, deployment, findings::ws_lifetime_capped, attempt)
        .saying("The signalling socket at " + attempt.url + " is cut after " +
                probes::seconds_of(*attempt.cut_after) + " although pings flow.")
        .with("lifetime_ms", attempt.cut_after->count() / 1000)
        .with("close_code", attempt.close_code);
  }
}

void judge_listing(const JoinObservation& observation, const Deployment& deployment, Judgement& judgement) {
  if (!observation.room_listed || *observation.room_listed) return;
  Finding& finding =
      judgement.raise(findings::service_url_other_server, deployment.service_url.value)
          .saying("service_url leads to another LiveKit than public_url: a room that was joined through " +
                  deployment.public_url.value + " does not exist at " + deployment.service_url.value + ".")
          .with("room_seen_at_service_url", false);
  if (deployment.service_url.origin.known()) finding.at(deployment.service_url.origin);
  if (deployment.public_url.origin.known()) finding.also_at(deployment.public_url.origin);
}

/// One room was joined at every address of a URL at the same time: everybody in it has to be on one server.
void judge_one_room(const JoinObservation& observation, Judgement& judgement) {
  const JoinAttempt* first = nullptr;
  for (const JoinAttempt& attempt : observation.attempts) {
    if (attempt.first_message != "join" || attempt.node.empty()) continue;
    if (first == nullptr || first->side != attempt.side) {
      first = &attempt;
    } else if (first->node != attempt.node) {
      return probes::judge_split(attempt.url, first->node, attempt.node, judgement);
    }
  }
}

/// By WHIP no WebSocket is needed; who joins with a browser does not come that way.
const probes::WhipTry* let_in_by_whip(const JoinObservation& observation) {
  constexpr int kCreated = 201;
  const auto found = std::ranges::find(observation.whip, kCreated, &probes::WhipTry::status);
  return found == observation.whip.end() ? nullptr : &*found;
}

/// public_url took connections, and every join there met silence.
void judge_ban(const JoinObservation& observation, const Facts& facts, const Deployment& deployment,
               Judgement& judgement) {
  const JoinAttempt* silent = nullptr;
  for (const JoinAttempt& attempt : observation.attempts) {
    if (attempt.side != Side::public_url) continue;
    const net::NetOutcome& outcome = attempt.upgrade.outcome;
    if (outcome.error != net::NetError::timed_out || outcome.stage != net::Stage::connect) return;
    silent = &attempt;
  }
  if (silent == nullptr || !probes::answered_before(Side::public_url, facts)) return;
  probes::raise_banned(Side::public_url, silent->url, silent->address, probes::words_for(silent->upgrade),
                       deployment, judgement);
}

/// LiveKit itself was joined, past whatever stands before it for everybody else.
void say_carried(const JoinObservation& observation, const std::string& in_vain, bool by_proxy,
                 const Deployment& deployment, Judgement& judgement) {
  const bool tried = std::ranges::find(observation.attempts, Side::public_url, &JoinAttempt::side) !=
                     observation.attempts.end();
  const std::string& url = deployment.public_url.value;
  std::string why = "LiveKit itself was joined through the responder; ";
  if (by_proxy) {
    why += "OpenTalk's proxy lets in only who is in a meeting";
  } else if (tried) {
    why += in_vain.empty() ? "nobody got in there" : in_vain;
  } else {
    why += "no address of public_url is known";
  }
  judgement.not_tested("people's own way in" + (url.empty() ? std::string() : " through " + url), why,
                       "join a meeting with a browser");
}

/// OpenTalk's own proxy stands before LiveKit, and LiveKit was asked past it.
bool went_past_proxy(const JoinObservation& observation, const Facts& facts) {
  const auto topology = facts.find(facts::signalling_topology);
  return observation.attempts.size() > 1 && topology && *topology != facts::Topology::direct &&
         *topology != facts::Topology::unknown;
}

void raise_each_once(const Judgement& single, Judgement& judgement) {
  for (const Finding& finding : single.findings()) {
    if (std::ranges::find(judgement.findings(), finding.id, &Finding::id) == judgement.findings().end())
      judgement.raise(finding);
  }
}

/// Raises what every try shows; gives why those in vain tell no more.
std::string judge_attempts(const JoinObservation& observation, bool by_proxy, const Facts& facts,
                           const Deployment& deployment, Judgement& judgement) {
  std::string in_vain;
  for (const JoinAttempt& attempt : observation.attempts) {
    Judgement single;
    const bool told =
        judge_turns(attempt, facts, deployment, single) || judge_limit(attempt, facts, deployment, single);
    if (!told) probes::judge_attempt(attempt, facts, deployment, single);
    judge_waited(attempt, deployment, single);
    // public_url was tried first, and what it said stands first. OpenTalk's own proxy refuses as it should.
    const bool as_it_should = by_proxy && attempt.side == Side::public_url;
    if (single.unknown_reason() && !as_it_should)
      in_vain += (in_vain.empty() ? "" : "; ") + *single.unknown_reason();
    raise_each_once(single, judgement);
  }
  return in_vain;
}

void give_facts(const JoinObservation& observation, const JoinAttempt* joined, const Facts& facts,
                const Deployment& deployment, Judgement& judgement) {
  if (joined != nullptr) {
    if (const auto where = probes::place_of(joined->side, facts, deployment))
      probes::mark_proxy(*where, judgement);
  }
  judgement.fact("joined", joined != nullptr);
  judgement.fact("through", joined != nullptr ? Json(joined->side) : Json());
  judgement.fact("server_version", joined != nullptr ? Json(joined->version) : Json());
  const bool by_whip = let_in_by_whip(observation) != nullptr;
  judgement.fact("joined_by_whip", observation.whip.empty() ? Json() : Json(by_whip));
}

class SignallingJoin final : public CheckOf<JoinObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return missing_credentials(deployment);
  }
  awaitable<JoinObservation> collect(Probe& probe) const override { return probes::join_probe_room(probe); }
  void judge(const JoinObservation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const auto found = std::ranges::find(observation.attempts, "join", &JoinAttempt::first_message);
    const JoinAttempt* joined = found == observation.attempts.end() ? nullptr : &*found;
    give_facts(observation, joined, facts, deployment, judgement);
    const bool by_proxy = went_past_proxy(observation, facts);
    std::string in_vain = judge_attempts(observation, by_proxy, facts, deployment, judgement);
    const probes::WhipTry* whip = let_in_by_whip(observation);
    if (whip != nullptr && !in_vain.empty()) in_vain += "; by WHIP " + whip->url + " opens a session";
    if (joined == nullptr && !in_vain.empty()) judgement.could_not_tell(in_vain);
    if (joined == nullptr) judge_ban(observation, facts, deployment, judgement);
    if (joined != nullptr && joined->side == Side::responder)
      say_carried(observation, in_vain, by_proxy, deployment, judgement);
    judge_one_room(observation, judgement);
    judge_lifetime(observation, deployment, judgement);
    judge_listing(observation, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_signalling_join() {
  return std::make_unique<SignallingJoin>();
}

}  // namespace lkdoctor::checks
