// SPDX-License-Identifier: EUPL-1.2
#include "probes/responder_keys.hpp"

namespace lkdoctor::probes {

namespace {

/// What the session's own key was given for: the first key that this run had to show.
std::string_view came_by(const Deployment::Secrets& secrets) {
  if (!secrets.pairing_code.empty()) return "pairing code";
  return secrets.responder_key.empty() ? "key pair" : "key file";
}

}  // namespace

std::vector<SweepKey> responder_keys(const Deployment& deployment) {
  const Deployment::Secrets& secrets = deployment.secrets;
  const Sourced<std::string>& api_key = deployment.api_key;
  std::vector<SweepKey> out;
  const bool given = !secrets.carried_key.empty();
  const auto by_code =
      given ? proto::key_of_text(secrets.carried_key) : proto::key_of_code(secrets.pairing_code);
  if (by_code) out.push_back({std::string(came_by(secrets)), *by_code, !given});
  if (const auto key = proto::key_of_text(secrets.responder_key)) {
    out.push_back({"key file", *key});
    return out;
  }
  if (api_key.is_set() && proto::stands_guessing(secrets.api_secret))
    out.push_back({"key pair", proto::key_of_pair(api_key.value, secrets.api_secret)});
  for (const auto& [name, secret] : secrets.livekit_keys) {
    if (name != api_key.value && proto::stands_guessing(secret))
      out.push_back({"key pair", proto::key_of_pair(name, secret)});
  }
  return out;
}

}  // namespace lkdoctor::probes
