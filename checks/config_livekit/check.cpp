// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>

namespace lkdoctor::checks {
namespace {

/// Everything that src/config/livekit finds while it reads.
constexpr const FindingDef* kFindings[] = {&findings::config_unknown_field,
                                           &findings::config_syntax_error,
                                           &findings::config_wrong_type,
                                           &findings::config_duplicate_key,
                                           &findings::config_value_refused,
                                           &findings::config_value_ignored,
                                           &findings::config_argument_invalid,
                                           &findings::config_file_beyond_limits,
                                           &findings::config_port_invalid,
                                           &findings::config_port_conflict,
                                           &findings::bind_address_invalid,
                                           &findings::bound_to_loopback,
                                           &findings::environment_overrides_file,
                                           &findings::keys_not_loaded,
                                           &findings::secret_empty,
                                           &findings::secret_too_short,
                                           &findings::secret_cut_by_comment,
                                           &findings::default_or_sample_credentials,
                                           &findings::placeholder_value,
                                           &findings::node_ip_invalid,
                                           &findings::node_ip_overridden_by_external_ip,
                                           &findings::udp_port_settings_conflict,
                                           &findings::ice_tcp_not_configured,
                                           &findings::turn_start_config_error,
                                           &findings::dev_mode_in_production,
                                           &findings::opus_not_enabled,
                                           &findings::max_participants_too_low,
                                           &findings::udp_port_exhaustion};
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
    if (!deployment.livekit) return judgement.skip("no LiveKit configuration file was given");
    const LiveKitSettings& livekit = *deployment.livekit;
    for (const Finding& finding : livekit.findings) judgement.raise(finding);
    judgement.fact("accepted", livekit.accepted);
    judgement.fact("version", livekit.version);
    judgement.fact("reason", livekit.reason.empty() ? Json() : Json(livekit.reason));
    judgement.fact("effective", livekit.effective);
    if (livekit.accepted) return;
    if (livekit.keys.empty())
      judgement.could_not_tell("LiveKit's keys are not known here: it " + livekit.reason);
    if (!livekit.findings.empty()) return;
    judgement.not_tested("whether LiveKit starts", livekit.reason, "run on the LiveKit host");
  }
};

}  // namespace

std::unique_ptr<Check> make_config_livekit() {
  return std::make_unique<ConfigLivekit>();
}

}  // namespace lkdoctor::checks
