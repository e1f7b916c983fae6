// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/missing.hpp>
#include <lkdoctor/probes/turn_check.hpp>

namespace lkdoctor::probes {
namespace {

constexpr std::string_view kAfter[] = {facts::join_response.name};
constexpr std::string_view kGivesUdp[] = {facts::turn_udp_proof.name};
constexpr std::string_view kGivesTls[] = {facts::turn_tls_proof.name};

CheckInfo info_of(std::string_view id, std::string_view title, RelayKind kind) {
  return {
      .id = id,
      .title = title,
      .findings = turn_findings(kind),
      .after = kAfter,
      .gives = kind == RelayKind::udp ? kGivesUdp : kGivesTls,
      .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
      .side_effect = SideEffect::join,
      .budget = Milliseconds(25'000),
      .works_passively = true,  // TURN servers of LiveKit's file are there for everybody to ask
  };
}

}  // namespace

TurnCheck::TurnCheck(std::string_view id, std::string_view title, RelayKind kind)
    : kind_(kind), info_(info_of(id, title, kind)) {}

std::optional<std::string> TurnCheck::skip_reason(const Deployment& deployment) const {
  if (names_turn_server(deployment, kind_)) return std::nullopt;
  if (deployment.run.passive) return "would join a room: --passive";
  // What LiveKit itself names is learned by joining alone.
  if (!missing_credentials(deployment)) return std::nullopt;
  return "needs join_response, which signalling_join should have given";
}

awaitable<TurnSurvey> TurnCheck::collect(Probe& probe) const {
  return survey_turn(probe, kind_);
}

void TurnCheck::judge(const TurnSurvey& survey, const Facts& facts, const Deployment& deployment,
                      Judgement& judgement) const {
  judge_turn(survey, kind_, facts, deployment, judgement);
}

}  // namespace lkdoctor::probes
