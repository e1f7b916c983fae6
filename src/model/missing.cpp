// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/missing.hpp>

namespace lkdoctor {

std::optional<std::string> missing_credentials(const Deployment& deployment) {
  if (!deployment.public_url.is_set() && !deployment.service_url.is_set()) return "no URL is known";
  if (deployment.has_key_pair() || deployment.token.is_set()) return std::nullopt;
  return "needs a key pair, a token, or a responder";
}

std::optional<std::string> missing_controller(const Deployment& deployment) {
  if (deployment.controller) return std::nullopt;
  return "no OpenTalk controller configuration was given or found";
}

}  // namespace lkdoctor
