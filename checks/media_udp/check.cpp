// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/media_judge.hpp>

namespace lkdoctor::checks {
namespace {

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr std::string_view kGives[] = {facts::server_candidates.name, facts::media_udp_proof.name};
constexpr CheckInfo kInfo{
    .id = "media_udp",
    .title = "Media reaches LiveKit over UDP",
    .findings = probes::kMediaUdpFindings,
    .needs = kNeeds,
    .gives = kGives,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .must_have = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

class MediaUdp final : public CheckOf<probes::MediaSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  awaitable<probes::MediaSurvey> collect(Probe& probe) const override { return probes::survey_udp(probe); }
  void judge(const probes::MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_media_udp(survey, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_media_udp() {
  return std::make_unique<MediaUdp>();
}

}  // namespace lkdoctor::checks
