// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/findings.hpp>

#include "probes/media_udp_parts.hpp"

namespace lkdoctor::probes::media {
namespace {

/// STUN servers see this machine, which stands beside LiveKit or is its host, at LiveKit's address, and that
/// is not its own.
bool shares_our_translation(const Scene& scene, const std::string& address) {
  const Vantage vantage = scene.deployment.run.vantage;
  if (vantage != Vantage::inside && vantage != Vantage::livekit_host) return false;
  const auto external = scene.facts.find(facts::external_addresses);
  const bool translated = external && !external->mapping.empty() && external->mapping != "none";
  return translated && contains(external->agreed, address);
}

/// A full server without node_ip would have asked STUN servers for its address; one that was told a private
/// address names it in either mode.
bool would_have_asked(const Deployment& deployment) {
  return !deployment.livekit || deployment.livekit->node_ip.value.empty();
}

/// How it is known that LiveKit is behind a translation; "": it is not known.
std::string why_translated(const Scene& scene) {
  const Strings usable = scene.usable(), all = scene.all();
  if (usable.empty())
    return all.empty() || !would_have_asked(scene.deployment) ? "" : "it names " + joined(all) + " alone";
  const auto shared = std::ranges::find_if(
      usable, [&](const std::string& address) { return shares_our_translation(scene, address); });
  return shared != usable.end() ? *shared + " is its router's address" : "";
}

}  // namespace

void judge_ice_lite(const Scene& scene, Judgement& judgement) {
  if (!scene.best->link.ice_lite || !scene.internet()) return;
  const std::string why = why_translated(scene);
  if (why.empty()) return;
  Finding& finding = judgement.raise(findings::ice_lite_behind_nat, "rtc.use_ice_lite");
  finding.sure(Confidence::likely)
      .saying(fmt::format("LiveKit answers as ICE-lite, which never sends first, from behind address "
                          "translation: {}",
                          why))
      .with("candidates", joined(scene.all()))
      .with("media_over_udp", scene.best->connected())
      .graded(scene.carried_otherwise() ? Severity::warning : Severity::failure);
  // It knows its address all the same; what does not work there has another cause.
  if (!scene.usable().empty()) finding.graded(Severity::info);
  const auto& livekit = scene.deployment.livekit;
  if (livekit && livekit->use_ice_lite.origin.known()) finding.at(livekit->use_ice_lite.origin);
}

}  // namespace lkdoctor::probes::media
