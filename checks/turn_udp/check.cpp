// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/facts/join_response.hpp>
#include <lkdoctor/probes/turn_survey.hpp>

namespace lkdoctor::checks {
namespace {

using probes::RelayKind;
using probes::TurnSurvey;

class TurnUdp final : public CheckOf<TurnSurvey> {
 public:
  TurnUdp() { info_.findings = probes::turn_findings(RelayKind::udp); }
  const CheckInfo& info() const noexcept override { return info_; }
  awaitable<TurnSurvey> collect(Probe& probe) const override {
    return probes::survey_turn(probe, RelayKind::udp);
  }
  void judge(const TurnSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_turn(survey, RelayKind::udp, facts, deployment, judgement);
  }

 private:
  static constexpr std::string_view kNeeds[] = {facts::join_response.name};
  CheckInfo info_{
      .id = "turn_udp",
      .title = "TURN servers relay to LiveKit over UDP",
      .findings = {},
      .needs = kNeeds,
      .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
      .side_effect = SideEffect::join,
      .budget = Milliseconds(25'000),
  };
};

}  // namespace

std::unique_ptr<Check> make_turn_udp() {
  return std::make_unique<TurnUdp>();
}

}  // namespace lkdoctor::checks
