// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/signalling.hpp>

namespace lkdoctor::checks {
namespace {

constexpr std::string_view kNeeds[] = {facts::public_addresses.name};
constexpr CheckInfo kInfo{
    .id = "signalling_public",
    .title = "WebSocket upgrades reach LiveKit at public_url",
    .findings = probes::kSignallingFindings,
    .needs = kNeeds,
    .must_have = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
};

class SignallingPublic final : public CheckOf<probes::SignallingSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.public_url.is_set()) return std::nullopt;
    return "no public_url is known";
  }
  awaitable<probes::SignallingSurvey> collect(Probe& probe) const override {
    return probes::survey_signalling(probe, probes::Side::public_url);
  }
  void judge(const probes::SignallingSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_signalling(survey, probes::Side::public_url, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_signalling_public() {
  return std::make_unique<SignallingPublic>();
}

}  // namespace lkdoctor::checks
