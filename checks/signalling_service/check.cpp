// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/signalling.hpp>

namespace lkdoctor::checks {
namespace {

constexpr std::string_view kNeeds[] = {facts::service_addresses.name};
constexpr CheckInfo kInfo{
    .id = "signalling_service",
    .title = "WebSocket upgrades reach LiveKit at service_url",
    .findings = probes::kSignallingFindings,
    .needs = kNeeds,
    .must_have = at({Vantage::recorder}),
};

class SignallingService final : public CheckOf<probes::SignallingSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.service_url.is_set()) return std::nullopt;
    return "no service_url is known";
  }
  awaitable<probes::SignallingSurvey> collect(Probe& probe) const override {
    return probes::survey_signalling(probe, probes::Side::service_url);
  }
  void judge(const probes::SignallingSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_signalling(survey, probes::Side::service_url, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_signalling_service() {
  return std::make_unique<SignallingService>();
}

}  // namespace lkdoctor::checks
