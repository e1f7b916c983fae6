// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/names.hpp>

namespace lkdoctor::checks {
namespace {

constexpr auto kSide = probes::Side::service_url;
constexpr std::string_view kGives[] = {"service_addresses"};

class NamesService final : public CheckOf<probes::NameSurvey> {
 public:
  const CheckInfo& info() const noexcept override { return info_; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    return probes::no_url(deployment, kSide);
  }
  awaitable<probes::NameSurvey> collect(Probe& probe) const override {
    return probes::survey_names(probe, kSide);
  }
  void judge(const probes::NameSurvey& survey, const Facts&, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_names(survey, kSide, deployment, judgement);
  }

 private:
  const CheckInfo info_{.id = "names_service",
                        .title = "The controller can resolve the host of service_url",
                        .findings = probes::name_findings(kSide),
                        .gives = kGives};
};

}  // namespace

std::unique_ptr<Check> make_names_service() {
  return std::make_unique<NamesService>();
}

}  // namespace lkdoctor::checks
