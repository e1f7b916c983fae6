// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/facts/round_trip.hpp>
#include <lkdoctor/probes/http_survey.hpp>

namespace lkdoctor::checks {
namespace {

constexpr std::string_view kNeeds[] = {facts::public_addresses.name};
constexpr std::string_view kGives[] = {facts::public_identity.name, facts::public_round_trip.name};
constexpr CheckInfo kInfo{
    .id = "http_public",
    .title = "LiveKit answers HTTP at public_url",
    .findings = probes::kHttpFindings,
    .needs = kNeeds,
    .gives = kGives,
};

class HttpPublic final : public CheckOf<probes::HttpSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.public_url.is_set()) return std::nullopt;
    return "no public_url is known";
  }
  awaitable<probes::HttpSurvey> collect(Probe& probe) const override {
    return probes::survey_http(probe, probes::Side::public_url);
  }
  void judge(const probes::HttpSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_http(survey, probes::Side::public_url, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_http_public() {
  return std::make_unique<HttpPublic>();
}

}  // namespace lkdoctor::checks
