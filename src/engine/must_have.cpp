// SPDX-License-Identifier: EUPL-1.2
#include "engine/must_have.hpp"

#include <algorithm>
#include <lkdoctor/facts/media_proof.hpp>

namespace lkdoctor::engine {

namespace {

/// OpenTalk hands service_url to the recorder of an older controller alone: where both are known, public_url
/// is the one that must work.
bool is_other_url_of_recorder(const CheckInfo& info, const Deployment& deployment) {
  if (deployment.run.vantage != Vantage::recorder) return false;
  if (info.id == "signalling_service") return deployment.public_url.is_set();
  return info.id == "signalling_public" && !deployment.public_url.is_set() && deployment.service_url.is_set();
}

}  // namespace

bool demands(const CheckInfo& info, const Deployment& deployment) {
  if (!info.must_have.has(deployment.run.vantage)) return false;
  if (is_other_url_of_recorder(info, deployment)) return false;
  // LiveKit itself is joined then; without a URL there is nothing else to see.
  const bool no_url = info.id == "signalling_public" && !deployment.public_url.is_set();
  if (no_url && deployment.is_carried()) return false;
  // One token is one participant: nobody is there to hear it.
  const bool alone = !deployment.has_key_pair() && deployment.token.is_set() && !deployment.is_carried();
  return !(alone && info.id == "media_loop");
}

void demand_range(std::vector<CheckResult>& checks, const Facts& facts, const Deployment& deployment,
                  const Recording& recording) {
  const auto range = std::ranges::find(checks, "udp_range", &CheckResult::id);
  if (range == checks.end() || range->outcome != Outcome::unknown || deployment.run.responder.empty()) return;
  const bool proven =
      std::ranges::any_of(std::array{facts::media_udp_proof, facts::media_tcp_proof, facts::turn_udp_proof,
                                     facts::turn_tls_proof},
                          [&](const auto& transport) { return facts::carries(facts, transport); });
  const bool asked_for = !recording.only.empty();
  range->must_have = !proven || asked_for;
}

std::vector<NotTested> unrecorded(const CheckList& checks, const Recording& recording,
                                  const Deployment& deployment) {
  std::vector<NotTested> missing;
  for (const auto& check : checks) {
    const CheckInfo& info = check->info();
    const std::string id(info.id);
    const bool recorded = recording.collected.contains(id) || recording.skipped.contains(id);
    const bool selected = is_selected({recording.only, recording.skip}, id, info.findings);
    if (recorded || !selected || !demands(info, deployment)) continue;
    missing.push_back({id, "it was not part of the run that was recorded", "run lkdoctor check again"});
  }
  return missing;
}

}  // namespace lkdoctor::engine
