// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/missing.hpp>

namespace lkdoctor {

bool may_be_carried(const Deployment& deployment) {
  const RunSettings& run = deployment.run;
  return run.carried ? run.carried->carries : !run.responder.empty() && !run.passive;
}

std::string why_not_carried(const Deployment& deployment) {
  const auto& carried = deployment.run.carried;
  if (!carried || carried->carries) return {};
  return carried->url.value + " carries no session (" + carried->words + ")";
}

std::optional<std::string> missing_credentials(const Deployment& deployment) {
  if (may_be_carried(deployment)) return std::nullopt;
  if (!deployment.public_url.is_set() && !deployment.service_url.is_set()) return "no URL is known";
  if (deployment.has_key_pair() || deployment.token.is_set()) return std::nullopt;
  if (!deployment.run.carried) return "needs a key pair, a token, or a responder";
  return "needs a key pair or a token: " + why_not_carried(deployment);
}

std::optional<std::string> missing_controller(const Deployment& deployment) {
  if (deployment.controller) return std::nullopt;
  return "no OpenTalk controller configuration was given or found";
}

}  // namespace lkdoctor
