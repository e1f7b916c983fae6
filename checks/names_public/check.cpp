// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/probes/names.hpp>

namespace lkdoctor::checks {
namespace {

constexpr auto kSide = probes::Side::public_url;
constexpr std::string_view kGives[] = {"public_addresses", "forward_proxy"};

class NamesPublic final : public CheckOf<probes::NameSurvey> {
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
  const CheckInfo info_{.id = "names_public",
                        .title = "The host of public_url has addresses its users can reach",
                        .findings = probes::name_findings(kSide),
                        .gives = kGives};
};

}  // namespace

std::unique_ptr<Check> make_names_public() {
  return std::make_unique<NamesPublic>();
}

}  // namespace lkdoctor::checks
