// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/media_judge.hpp>

namespace lkdoctor::checks {
namespace {

constexpr std::string_view kNeeds[] = {facts::join_response.name};
constexpr std::string_view kGives[] = {facts::media_tcp_proof.name};
constexpr CheckInfo kInfo{
    .id = "media_tcp",
    .title = "Media reaches LiveKit over ICE/TCP",
    .findings = probes::kMediaTcpFindings,
    .needs = kNeeds,
    .gives = kGives,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .side_effect = SideEffect::join,
    .budget = Milliseconds(25'000),
};

class MediaTcp final : public CheckOf<probes::MediaSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  awaitable<probes::MediaSurvey> collect(Probe& probe) const override { return probes::survey_tcp(probe); }
  void judge(const probes::MediaSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_media_tcp(survey, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_media_tcp() {
  return std::make_unique<MediaTcp>();
}

}  // namespace lkdoctor::checks
