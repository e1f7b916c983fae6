// SPDX-License-Identifier: EUPL-1.2
#include "model/settings.hpp"

#include <lkdoctor/text.hpp>

namespace lkdoctor {
namespace {

/// All that is said of a secret.
std::string masked(const SecretTraits& secret) {
  return counted(secret.length, "character", "characters") + ", hidden";
}

class Collector {
 public:
  void text(std::string key, const Sourced<std::string>& value) {
    if (value.is_set()) add(std::move(key), value.value, value.origin);
  }
  void secret(std::string key, const Sourced<SecretTraits>& value) {
    if (value.is_set()) add(std::move(key), masked(value.value), value.origin);
  }
  void list(std::string key, const Sourced<std::vector<std::string>>& value) {
    if (!value.is_set()) return;
    add(std::move(key), joined(value.value), value.origin);
  }
  void add(std::string key, std::string value, Origin origin) {
    out_.push_back({std::move(key), std::move(value), std::move(origin)});
  }
  std::vector<Setting> take() { return std::move(out_); }

 private:
  std::vector<Setting> out_;
};

void add_livekit(Collector& out, const LiveKitSettings& livekit) {
  out.add("server.port", std::to_string(livekit.port.value), livekit.port.origin);
  out.list("server.bind_addresses", livekit.bind_addresses);
  out.add("server.rtc.tcp_port", std::to_string(livekit.tcp_port.value), livekit.tcp_port.origin);
  if (livekit.udp) out.add("server.rtc.udp", text(*livekit.udp), livekit.udp_origin);
  out.list("server.rtc.node_ip", livekit.node_ip);
  out.add("server.rtc.use_external_ip", livekit.use_external_ip.value ? "true" : "false",
          livekit.use_external_ip.origin);
  out.list("server.rtc.stun_servers", livekit.stun_servers);
  for (const LiveKitKey& key : livekit.keys)
    out.add("server.keys." + key.name, masked(key.secret), key.origin);
}

}  // namespace

std::vector<Setting> settings_of(const Deployment& deployment) {
  Collector out;
  out.text("livekit.public_url", deployment.public_url);
  out.text("livekit.service_url", deployment.service_url);
  out.text("livekit.api_key", deployment.api_key);
  out.secret("livekit.api_secret", deployment.api_secret);
  out.secret("token", deployment.token);
  if (deployment.livekit) add_livekit(out, *deployment.livekit);
  return out.take();
}

}  // namespace lkdoctor
