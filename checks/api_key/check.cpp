// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/facts/http_identity.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/key_difference.hpp>
#include <lkdoctor/probes/key_nodes.hpp>
#include <lkdoctor/probes/limits.hpp>
#include <lkdoctor/text.hpp>
#include <set>

#include "clock.hpp"
#include "key_findings.hpp"
#include "lent.hpp"
#include "token.hpp"

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

void judge_limits(const Scene& scene) {
  for (const KeySide& side : scene.observation.sides) {
    probes::LimitMet met;
    met.count(side.answers, probes::livekit_answered(side.side, scene.facts));
    if (met.refused > 0) probes::raise_limit(met, side.side, side.url, scene.deployment, scene.judgement);
  }
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
