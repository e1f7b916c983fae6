// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/deployment.hpp>

namespace lkdoctor {

LKDOCTOR_JSON(RunSettings, vantage, vantage_declared, vantage_reason, audience, audience_declared,
              third_party, passive, thorough, allow_side_effects, proxy, ca_files, pinned, stun_servers,
              responder, carried, check_timeout, deadline, suppressions, thresholds)

namespace {

template <class E>
std::string_view enum_name(E value) {
  const Json json = value;
  for (const std::string_view name :
       {"auto", "outside", "inside", "controller", "livekit-host", "recorder", "internet", "lan", "vpn"}) {
    if (json == name) return name;
  }
  return "auto";
}

}  // namespace

std::string_view name_of(Vantage vantage) {
  return enum_name(vantage);
}
std::string_view name_of(Audience audience) {
  return enum_name(audience);
}

std::string text(const PortRange& range) {
  std::string out = std::to_string(range.first);
  if (range.last != range.first) out += "-" + std::to_string(range.last);
  return out;
}

Json describe(const Deployment& deployment) {
  return {{"name", deployment.name},
          {"public_url", deployment.public_url},
          {"service_url", deployment.service_url},
          {"api_key", deployment.api_key},
          {"api_secret", deployment.api_secret},
          {"token", deployment.token},
          {"controller", deployment.controller},
          {"livekit", deployment.livekit},
          {"public_proxy", deployment.public_proxy},
          {"service_proxy", deployment.service_proxy},
          {"run", deployment.run},
          {"notes", deployment.notes}};
}

Deployment deployment_from(const Json& description) {
  Deployment deployment;
  description.at("name").get_to(deployment.name);
  description.at("public_url").get_to(deployment.public_url);
  description.at("service_url").get_to(deployment.service_url);
  description.at("api_key").get_to(deployment.api_key);
  description.at("api_secret").get_to(deployment.api_secret);
  description.at("token").get_to(deployment.token);
  description.at("controller").get_to(deployment.controller);
  description.at("livekit").get_to(deployment.livekit);
  deployment.public_proxy = description.value("public_proxy", ForwardProxy{});
  deployment.service_proxy = description.value("service_proxy", ForwardProxy{});
  description.at("run").get_to(deployment.run);
  description.at("notes").get_to(deployment.notes);
  return deployment;
}

}  // namespace lkdoctor
