// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <cmath>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/facts/local_clock.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/key_difference.hpp>
#include <lkdoctor/probes/key_nodes.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/text.hpp>
#include <set>

#include "key_findings.hpp"

namespace lkdoctor::checks {
namespace {

using namespace key;
using facts::KeyState;
using proto::Meaning;

constexpr std::string_view kAfter[] = {facts::public_addresses.name, facts::service_addresses.name};
constexpr std::string_view kGives[] = {facts::key_verdict.name};
constexpr const FindingDef* kFindings[] = {&findings::api_key_unknown,
                                           &findings::api_secret_mismatch,
                                           &findings::clock_skew,
                                           &findings::proxy_strips_authorization,
                                           &findings::service_url_other_server,
                                           &findings::default_or_sample_credentials,
                                           &findings::room_create_denied,
                                           &findings::node_limit_reached,
                                           &findings::token_expired,
                                           &findings::nodes_inconsistent,
                                           &findings::rate_limited};
constexpr CheckInfo kInfo{
    .id = "api_key",
    .title = "LiveKit accepts the key pair",
    .findings = kFindings,
    .after = kAfter,
    .gives = kGives,
    .must_have = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::controller}),
};

/// LiveKit's leeway; beyond it every token is refused.
constexpr double kLeeway = 60;
constexpr double kWorthSaying = 5;

bool was_joined(const Scene& scene, const KeySide& side) {
  const auto joined = scene.facts.find(facts::join_response);
  return joined && joined->through == probes::name_of(side.side) && !scene.observation.by_token;
}

/// A join with the same key pair was let in at this URL: another server refused these requests.
bool judge_other_server(const Scene& scene, const KeySide& side, KeyState state) {
  const bool refused = state == KeyState::unknown_key || state == KeyState::wrong_secret;
  if (!refused || !was_joined(scene, side)) return false;
  probes::raise_other_keys(side.side, side.url,
                           "one let this run join with the key pair, another " + probes::words_of(state),
                           scene.deployment, scene.judgement)
      .with("url", side.url)
      .with("refusal", state);
  return true;
}

void judge_side(const Scene& scene, const KeySide& side, std::vector<KeyState>& said) {
  const KeyState state = probes::state_of(side);
  if (probes::strips_authorization(side)) raise_stripped(scene, side);
  if (judge_other_server(scene, side, state)) return;
  if (std::ranges::find(said, state) != said.end()) return;
  said.push_back(state);
  if (state == KeyState::unknown_key) raise_unknown_key(scene, side);
  if (state == KeyState::wrong_secret) raise_wrong_secret(scene, side);
}

void judge_clock(const Scene& scene, bool refused_for_time) {
  const auto offset = probes::clock_offset_of(scene.observation);
  const auto local = scene.facts.find(facts::local_clock);
  const double wrong_here = local && local->wrong_by_seconds ? *local->wrong_by_seconds : 0;
  if (!offset) {
    if (refused_for_time && wrong_here == 0) {
      scene.raise(findings::clock_skew, "LiveKit", {})
          .graded(Severity::failure)
          .saying(
              "LiveKit refuses tokens of this minute for their time: its clock and this machine's differ by "
              "more than 60 s.");
    }
    return;
  }
  const double real = *offset - wrong_here;
  const double accepted = scene.deployment.run.thresholds.clock_skew_seconds.value_or(kWorthSaying);
  if (std::abs(real) < std::min(accepted, kLeeway)) return;
  const bool ahead = real > 0;
  const auto seconds = static_cast<std::int64_t>(std::llround(std::abs(real)));
  const bool at_controller = scene.deployment.run.vantage == Vantage::controller;
  const std::string here = at_controller ? "the controller's" : "this machine's";
  const std::string effect = std::abs(real) > kLeeway
                                 ? "every token of this minute is refused (LiveKit allows 60 s)."
                                 : "beyond 60 s every join fails.";
  scene.raise(findings::clock_skew, "LiveKit", {})
      .graded(std::abs(real) > kLeeway ? Severity::failure : Severity::warning)
      .sure(at_controller || wrong_here != 0 ? Confidence::proven : Confidence::likely)
      .saying("LiveKit's clock is " + std::to_string(seconds) + " s " + (ahead ? "ahead of " : "behind ") +
              here + "; " + effect)
      .with("offset_seconds", *offset)
      .with("uncertainty_seconds", probes::clock_uncertainty_of(scene.observation))
      .with("direction", ahead ? "ahead" : "behind")
      .with("tokens_tried", scene.observation.ladder.size())
      .command("timedatectl set-ntp true");
}

void judge_accepted(const Scene& scene, const KeySide& side) {
  const proto::Reading validate = probes::reading_of(side.answers, "validate");
  if (validate.meaning == Meaning::room_absent) {
    scene.raise(findings::room_create_denied, side.url, {})
        .saying("LiveKit at " + side.url +
                " has room.auto_create off: the controller must create every room.");
  }
  if (validate.meaning == Meaning::over_limit) {
    const probes::Asked* asked = probes::find(side.answers, "validate");
    scene.raise(findings::node_limit_reached, side.url, {})
        .saying("LiveKit at " + side.url + " refuses joins: its node has reached a configured limit.")
        .quoting("body", asked->answer.body);
  }
}

bool is_published(const Deployment& deployment) {
  return deployment.api_secret.value.published_sample;
}

void judge_sample(const Scene& scene, const KeySide& side) {
  scene.raise(findings::default_or_sample_credentials, scene.key(), scene.deployment.api_key.origin)
      .saying("LiveKit at " + side.url + " accepts the key pair that is printed in documentation (key \"" +
              printable(scene.key(), 80) + "\"): anybody can join and record every room.")
      .with("url", side.url)
      .command("openssl rand -hex 32");
}

/// The sides at which different servers answer; said once where both URLs share them.
std::set<const KeySide*> judge_all_nodes(const Scene& scene) {
  std::set<const KeySide*> out;
  for (const KeySide& side : scene.observation.sides) {
    Judgement unheard;
    Judgement& heard = out.empty() ? scene.judgement : unheard;
    if (probes::judge_nodes(scene.observation, side, scene.deployment, heard)) out.insert(&side);
  }
  return out;
}

/// LiveKit allows for some difference of the clocks.
void judge_token_itself(const Scene& scene) {
  const auto past = scene.observation.token_past_s;
  if (!past || static_cast<double>(*past) <= kLeeway) return;
  scene.raise(findings::token_expired, "token", scene.deployment.token.origin)
      .saying("The token of this run expired " + std::to_string(*past) + " s ago, by this machine's clock.")
      .with("expired_seconds_ago", *past)
      .sure(Confidence::likely)
      .command("lkdoctor token create");
}

void judge_token(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    const proto::Reading good = probes::reading_of(side.answers, "good");
    const proto::Reading validate = probes::reading_of(side.answers, "validate");
    const bool expired =
        good.fault == proto::TokenFault::expired || validate.fault == proto::TokenFault::expired;
    if (!expired) continue;
    scene.raise(findings::token_expired, "token", scene.deployment.token.origin)
        .saying("The token of this run has expired, says LiveKit at " + side.url + ".");
    return;
  }
  judge_token_itself(scene);
}

/// A token that is refused says nothing of the key pair in use: whoever made it may have had a wrong one.
void judge_refused_token(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    std::string why = probes::why_token_refused(probes::reading_of(side.answers, "good"));
    const bool header_seen = probes::reading_of(side.answers, "corrupt").meaning == Meaning::token_refused;
    if (why.empty() && header_seen)
      why = probes::why_token_refused(probes::reading_of(side.answers, "validate"));
    if (why.empty()) continue;
    return scene.judgement.could_not_tell("the token of this run is refused at " + side.url + ": " + why);
  }
}

std::string silence_of(const KeyObservation& observation) {
  if (observation.sides.empty()) return "neither public_url nor service_url has an address here";
  std::string out;
  for (const KeySide& side : observation.sides) {
    const probes::Asked* good = probes::find(side.answers, "good");
    const bool plain_word = good != nullptr && good->outcome.error == net::NetError::untrusted;
    out += (out.empty() ? "" : "; ") + side.url + ": " +
           (plain_word ? "no token was sent, its certificate is not trusted"
                       : (good == nullptr ? "no answer" : probes::words_for(*good)));
  }
  return "no LiveKit took a token: " + out;
}

void judge_limits(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    probes::LimitMet met;
    met.count(side.answers, probes::livekit_answered(side.side, scene.facts));
    if (met.refused > 0) probes::raise_limit(met, side.side, side.url, scene.deployment, scene.judgement);
  }
}

/// Through a responder LiveKit took a token that this run was lent: that it is LiveKit's own key pair needs
/// no further proof, and a refusal by OpenTalk's proxy is none by LiveKit.
bool is_carried(const Scene& scene) {
  const auto joined = scene.facts.find(facts::join_response);
  return joined && joined->through == probes::name_of(probes::Side::responder);
}

/// What was lent by a responder is nobody's fault; the controller's own pair was not seen.
void judge_lent(const Scene& scene, bool told) {
  if (is_carried(scene)) {
    scene.judgement.not_tested("the controller's key pair",
                               "LiveKit was joined with a token that the responder made",
                               "run lkdoctor check with the controller's files");
  }
  const auto topology = scene.facts.find(facts::signalling_topology);
  const bool proxied =
      topology && *topology != facts::Topology::direct && *topology != facts::Topology::unknown;
  for (const KeySide& side : scene.observation.sides) {
    const std::string why = probes::why_token_refused(probes::reading_of(side.answers, "good"));
    if (why.empty() || proxied) continue;
    return scene.judgement.could_not_tell(
        "LiveKit at " + side.url + " refuses the token of the responder's: " + why +
        "; another LiveKit than the responder's may answer there" +
        (is_carried(scene) ? "" : ", or LiveKit does not run with the file that the responder read"));
  }
  if (!is_carried(scene) && !told) scene.judgement.could_not_tell(silence_of(scene.observation));
}

/// Nobody took or refused a token here. A join with the same key pair proves it all the same.
void judge_untold(const Scene& scene) {
  const auto joined = std::ranges::any_of(scene.observation.sides,
                                          [&](const KeySide& side) { return was_joined(scene, side); });
  if (!joined && !is_carried(scene)) return scene.judgement.could_not_tell(silence_of(scene.observation));
  scene.judgement.not_tested("LiveKit's clock", silence_of(scene.observation),
                             "run lkdoctor check again later");
}

void give_facts(const Scene& scene) {
  const facts::KeyVerdict verdict = probes::verdict_of(scene.observation);
  const auto join = scene.facts.find(facts::join_response);
  scene.judgement.fact("server_clock_offset_seconds", verdict.server_clock_offset_seconds);
  scene.judgement.fact("server_clock_uncertainty_seconds", probes::clock_uncertainty_of(scene.observation));
  scene.judgement.fact("server_version", join && !join->version.empty() ? Json(join->version) : Json());
  scene.judgement.fact("at_public_url", verdict.at_public_url);
  scene.judgement.fact("at_service_url", verdict.at_service_url);
}

class ApiKey final : public CheckOf<KeyObservation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return missing_credentials(deployment);
  }
  awaitable<KeyObservation> collect(Probe& probe) const override { return probes::ask_with_key(probe); }
  void judge(const KeyObservation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const Scene scene{observation, facts, deployment, judgement};
    give_facts(scene);
    const KeySide *service = nullptr, *visible = nullptr, *accepted = nullptr;
    bool told = false, refused_for_time = false;
    for (const KeySide& side : observation.sides) {
      if (const auto where = facts.find(probes::addresses_of(side.side)))
        probes::mark_proxy(*where, judgement);
      (side.side == Side::service_url ? service : visible) = &side;
      const KeyState state = probes::state_of(side);
      told = told || probes::says_something(state);
      refused_for_time = refused_for_time || state == KeyState::clock;
      const bool passed = state == KeyState::accepted || state == KeyState::stripped;
      if (accepted == nullptr && passed) accepted = &side;
    }
    judge_limits(scene);
    if (deployment.run.carried && deployment.run.carried->replaces_token) return judge_lent(scene, told);
    if (observation.by_token) judge_token(scene);
    if (!told) return judge_untold(scene);
    const std::set<const KeySide*> split = judge_all_nodes(scene);
    if (observation.by_token) return judge_refused_token(scene);
    const bool differ = service != nullptr && visible != nullptr && split.empty() &&
                        probes::judge_same_server(*service, *visible, deployment, judgement);
    std::vector<KeyState> said;
    for (const KeySide& side : observation.sides) {
      if (!differ && !split.contains(&side)) judge_side(scene, side, said);
    }
    judge_clock(scene, refused_for_time);
    if (accepted == nullptr) return;
    judge_accepted(scene, *accepted);
    if (is_published(deployment)) judge_sample(scene, *accepted);
  }
};

}  // namespace

std::unique_ptr<Check> make_api_key() {
  return std::make_unique<ApiKey>();
}

}  // namespace lkdoctor::checks
