// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/probes/carrier.hpp>

#include "probes/carried_tokens.hpp"

namespace lkdoctor::probes {

std::string carried_form(const Deployment& deployment) {
  const Deployment::Secrets& secrets = deployment.secrets;
  const auto& key = secrets.control_key.reveal();
  Json form{{"carried", deployment.run.carried ? Json(*deployment.run.carried) : Json()},
            {"token", secrets.carried_token.reveal()},
            {"subscriber_token", secrets.carried_subscriber_token.reveal()},
            {"key", secrets.carried_key.reveal()},
            {"control_identity", secrets.control_identity},
            {"control_key", Json::binary({key.begin(), key.end()})}};
  const std::vector<std::uint8_t> bytes = Json::to_cbor(form);
  return {bytes.begin(), bytes.end()};
}

void take_carried_form(std::string_view form, Deployment& deployment) {
  const Json read = Json::from_cbor(form.begin(), form.end());
  if (read.at("carried").is_null()) return;
  deployment.run.carried = read.at("carried").get<CarriedSession>();
  Deployment::Secrets& secrets = deployment.secrets;
  secrets.carried_token = Secret(read.at("token").get<std::string>());
  secrets.carried_subscriber_token = Secret(read.at("subscriber_token").get<std::string>());
  secrets.carried_key = Secret(read.at("key").get<std::string>());
  secrets.control_identity = read.at("control_identity").get<std::string>();
  const auto& key = read.at("control_key").get_binary();
  secrets.control_key = Secret(std::string(key.begin(), key.end()));
  if (deployment.run.carried->replaces_token) lend_token(deployment);
}

}  // namespace lkdoctor::probes
