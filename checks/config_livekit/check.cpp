// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/test_call.hpp>
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
                                           &findings::udp_port_exhaustion,
                                           &findings::running_config_differs_from_file};
constexpr CheckInfo kInfo{
    .id = "config_livekit", .title = "LiveKit starts with this configuration", .findings = kFindings};

/// Settings that the running LiveKit shows not to have: "room.enabled_codecs".
std::string_view refuted(const Finding& finding, const facts::TestCall& call) {
  if (finding.id == findings::opus_not_enabled.id && call.opus_heard) return "room.enabled_codecs";
  if (finding.id == findings::max_participants_too_low.id && call.participants > 1)
    return "room.max_participants";
  return {};
}

/// The file is not what LiveKit runs with: what it says is for the next start.
void raise_differing(const std::vector<const Finding*>& found, const facts::TestCall& call,
                     Judgement& judgement) {
  std::string settings;
  for (const Finding* one : found)
    settings += (settings.empty() ? "" : " and ") + std::string(refuted(*one, call));
  Finding& finding = judgement.raise(findings::running_config_differs_from_file, settings);
  finding
      .saying(fmt::format(
          "LiveKit does not run with this {}: in this run's test call {}. It would hold from the next start",
          settings,
          call.opus_heard ? "two participants met and the audio came back" : "two participants met"))
      .change(
          fmt::format("Correct {} before LiveKit is started again, or give lkdoctor the configuration that "
                      "it runs with",
                      settings))
      .showing(found.front()->excerpt);
  if (found.front()->origin) finding.at(*found.front()->origin);
  for (const Finding* one : found) finding.with("from_the_next_start", one->title);
}

void raise_all(const LiveKitSettings& livekit, const facts::TestCall& call, Judgement& judgement) {
  std::vector<const Finding*> differing;
  for (const Finding& finding : livekit.findings) {
    if (refuted(finding, call).empty()) {
      judgement.raise(finding);
    } else {
      differing.push_back(&finding);
    }
  }
  if (!differing.empty()) raise_differing(differing, call, judgement);
}

class ConfigLivekit final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }
  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.livekit) return std::nullopt;
    return "no LiveKit configuration file was given";
  }
  using FileCheck::judge;
  void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const override {
    if (!deployment.livekit) return judgement.skip("no LiveKit configuration file was given");
    const LiveKitSettings& livekit = *deployment.livekit;
    raise_all(livekit, facts.find(facts::test_call).value_or(facts::TestCall{}), judgement);
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
