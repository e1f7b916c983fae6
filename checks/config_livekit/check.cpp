// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>

namespace lkdoctor::checks {
namespace {

constexpr const FindingDef* kFindings[] = {&findings::config_unknown_field};
constexpr CheckInfo kInfo{
    .id = "config_livekit", .title = "LiveKit starts with this configuration", .findings = kFindings};

class ConfigLivekit final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.livekit) return std::nullopt;
    return "no LiveKit configuration file was given";
  }
  using FileCheck::judge;
  void judge(const Facts&, const Deployment& deployment, Judgement& judgement) const override {
    const LiveKitSettings& livekit = *deployment.livekit;
    for (const Finding& finding : livekit.findings) judgement.raise(finding);
    judgement.fact("accepted", livekit.accepted);
    judgement.fact("version", livekit.version);
    judgement.fact("reason", livekit.reason.empty() ? Json() : Json(livekit.reason));
    judgement.fact("effective", livekit.effective);
  }
};

}  // namespace

std::unique_ptr<Check> make_config_livekit() {
  return std::make_unique<ConfigLivekit>();
}

}  // namespace lkdoctor::checks
