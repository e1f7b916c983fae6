// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/tls_survey.hpp>

namespace lkdoctor::checks {
namespace {

constexpr auto kSide = probes::Side::service_url;
constexpr std::string_view kNeeds[] = {"service_addresses"};

class TlsService final : public CheckOf<probes::TlsSurvey> {
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
  const CheckInfo info_{.id = "tls_service",
                        .title = "The certificate of service_url is one the controller accepts",
                        .findings = probes::tls_findings(kSide),
                        .needs = kNeeds};
};

}  // namespace

std::unique_ptr<Check> make_tls_service() {
  return std::make_unique<TlsService>();
}

}  // namespace lkdoctor::checks
