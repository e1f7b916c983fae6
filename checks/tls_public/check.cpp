// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/tls_survey.hpp>

namespace lkdoctor::checks {
namespace {

constexpr auto kSide = probes::Side::public_url;
constexpr std::string_view kNeeds[] = {"public_addresses"};

class TlsPublic final : public CheckOf<probes::TlsSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return info_; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return probes::no_tls_url(deployment, kSide);
  }
  awaitable<probes::TlsSurvey> collect(Probe& probe) const override {
    return probes::survey_tls(probe, kSide);
  }
  void judge(const probes::TlsSurvey& survey, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_tls(survey, kSide, facts, deployment, judgement);
  }

 private:
  const CheckInfo info_{.id = "tls_public",
                        .title = "Every address of public_url has a certificate that clients accept",
                        .findings = probes::tls_findings(kSide),
                        .needs = kNeeds};
};

}  // namespace

std::unique_ptr<Check> make_tls_public() {
  return std::make_unique<TlsPublic>();
}

}  // namespace lkdoctor::checks
