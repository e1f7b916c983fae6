// SPDX-License-Identifier: EUPL-1.2
// The list of effective settings with their sources, for `lkdoctor config` and the report.
#include <lkdoctor/text.hpp>

#include "config/loader.hpp"

namespace lkdoctor::config::loading {
namespace {

class Lister {
 public:
  explicit Lister(std::vector<Setting>& out) : out_(out) {}

  void add(std::string key, std::string value, const Origin& origin) {
    out_.push_back({std::move(key), std::move(value), origin});
  }
  void add(std::string key, const Sourced<std::string>& value) {
    if (value.is_set()) add(std::move(key), printable(value.value, 300), value.origin);
  }
  void add(std::string key, const Sourced<SecretTraits>& secret) {
    if (secret.is_set()) {
      add(std::move(key), "(secret, " + counted(secret.value.length, "character", "characters") + ")",
          secret.origin);
    }
  }

 private:
  std::vector<Setting>& out_;
};

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void list_livekit(Lister& list, const LiveKitSettings& livekit) {
  list.add("server.version", livekit.version, Origin{});
  list.add("server.port", std::to_string(livekit.port.value), livekit.port.origin);
  list.add("server.rtc.tcp_port", std::to_string(livekit.tcp_port.value), livekit.tcp_port.origin);
  list.add("server.rtc.udp", livekit.udp ? text(*livekit.udp) : "none", livekit.udp_origin);
  list.add("server.rtc.use_external_ip", livekit.use_external_ip.value ? "true" : "false",
           livekit.use_external_ip.origin);
  for (const std::string& address : livekit.bind_addresses.value) {
    list.add("server.bind_addresses", printable(address), livekit.bind_addresses.origin);
  }
  for (const std::string& address : livekit.node_ip.value) {
    list.add("server.rtc.node_ip", printable(address), livekit.node_ip.origin);
  }
  for (const LiveKitKey& key : livekit.keys) {
    list.add("server.keys." + printable(key.name, 60),
             "(secret, " + counted(key.secret.length, "character", "characters") + ")", key.origin);
  }
}

void list_options(Lister& list, const Loader& loader) {
  const Json run = describe(loader.out.deployment).at("run");
  for (const char* name :
       {"vantage", "audience", "third_party", "passive", "thorough", "allow_side_effects", "proxy"}) {
    list.add(name, text_of(run.at(name)), loader.layer.origin(name));
  }
  list.add("deadline", std::to_string(loader.out.deployment.run.deadline.count()) + " ms",
           loader.layer.origin("deadline"));
  if (const auto timeout = loader.out.deployment.run.check_timeout) {
    list.add("timeout", std::to_string(timeout->count()) + " ms", loader.layer.origin("timeout"));
  }
  const auto add_all = [&](const char* name, const std::vector<std::string>& values) {
    for (const std::string& value : values) list.add(name, printable(value), loader.layer.origin(name));
  };
  add_all("stun", loader.out.deployment.run.stun_servers);
  add_all("resolve", loader.layer.options.resolve);
  add_all("ca_file", loader.layer.options.ca_file);
  add_all("only", loader.out.output.only);
  add_all("skip", loader.out.output.skip);
  for (const char* name : {"responder", "livekit_version", "token_file"}) {
    const auto& value = loader.layer.options.*std::get<Twin::Text>(find_twin(name)->member);
    if (value) list.add(name, printable(*value), loader.layer.origin(name));
  }
}

}  // namespace

void list_settings(Loader& loader) {
  Lister list(loader.out.settings);
  const Deployment& deployment = loader.out.deployment;
  list.add("livekit.public_url", deployment.public_url);
  list.add("livekit.service_url", deployment.service_url);
  list.add("livekit.api_key", deployment.api_key);
  list.add("livekit.api_secret", deployment.api_secret);
  list.add("token", deployment.token);
  if (deployment.controller) list.add("frontend.base_url", deployment.controller->frontend_base_url);
  if (deployment.livekit) list_livekit(list, *deployment.livekit);
  list_options(list, loader);
  const Json thresholds = deployment.run.thresholds;
  for (const auto& [name, origin] : loader.threshold_origins) {
    list.add("thresholds." + name, thresholds.at(name).dump(), origin);
  }
}

}  // namespace lkdoctor::config::loading
