// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::checks {
namespace {

using probes::RelayKind;
using probes::TurnSurvey;

class TurnTls final : public CheckOf<TurnSurvey> {
 public:
  TurnTls() { info_.findings = probes::turn_findings(RelayKind::tls); }
  const CheckInfo& info() const noexcept override { return info_; }
  awaitable<TurnSurvey> collect(Probe& probe) const override {
    return probes::survey_turn(probe, RelayKind::tls);
  }
  void judge(const TurnSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_turn(survey, RelayKind::tls, facts, deployment, judgement);
  }

 private:
  static constexpr std::string_view kNeeds[] = {facts::join_response.name};
  CheckInfo info_{
      .id = "turn_tls",
      .title = "TURN servers relay to LiveKit over TLS and TCP",
      .findings = {},
      .needs = kNeeds,
      .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
      .side_effect = SideEffect::join,
      .budget = Milliseconds(25'000),
  };
};

}  // namespace

std::unique_ptr<Check> make_turn_tls() {
  return std::make_unique<TurnTls>();
}

}  // namespace lkdoctor::checks
