// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>

namespace lkdoctor::checks {
namespace {

constexpr const FindingDef* kFindings[] = {&findings::loopback_node_ip, &findings::node_ip_unusable,
                                           &findings::docker_bridge_ip_advertised,
                                           &findings::private_ip_advertised};
constexpr CheckInfo kInfo{
    .id = "config_node_ip", .title = "The configured media address can be reached", .findings = kFindings};

/// Docker's default bridge. Its further networks are taken from ranges that real networks use too.
bool is_docker_bridge(std::string_view address) {
  return address.starts_with("172.17.");
}
bool is_loopback(std::string_view address) {
  return kind_of(address) == AddressKind::loopback;
}
/// Whatever a client could not even try.
bool is_unusable(std::string_view address) {
  const AddressKind kind = kind_of(address);
  return kind == AddressKind::unspecified || kind == AddressKind::multicast || address == "255.255.255.255";
}
bool any_of(const std::vector<std::string>& list, bool (*is)(std::string_view)) {
  return std::ranges::any_of(list, [&](const std::string& item) { return is(item); });
}

class ConfigNodeIp final : public FileCheck {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (!deployment.livekit) return "no LiveKit configuration file was given";
    if (deployment.livekit->use_external_ip.value)
      return "use_external_ip is on: LiveKit does not use node_ip";
    if (deployment.livekit->node_ip.value.empty())
      return "node_ip is not set: LiveKit finds its address by itself";
    return std::nullopt;
  }

  using FileCheck::judge;
  void judge(const Facts& facts, const Deployment& deployment, Judgement& judgement) const override {
    const LiveKitSettings& livekit = *deployment.livekit;
    const std::vector<std::string> signalling = signalling_addresses(deployment, facts);
    judgement.fact("node_ip", livekit.node_ip.value);
    for (const std::string& address : configured_media_addresses(deployment)) {
      if (is_unusable(address)) {
        raise_unusable(address, livekit, judgement);
      } else if (is_loopback(address)) {
        raise_loopback(address, livekit, any_of(signalling, is_loopback), judgement);
      } else if (is_docker_bridge(address) && !any_of(signalling, is_docker_bridge)) {
        raise_bridge(address, livekit, judgement);
      } else if (!is_global(address) && deployment.run.audience == Audience::internet) {
        raise_private(address, livekit, judgement);
      }
    }
  }

 private:
  static void raise_unusable(const std::string& address, const LiveKitSettings& livekit,
                             Judgement& judgement) {
    judgement.raise(findings::node_ip_unusable, address)
        .saying(fmt::format("LiveKit sends clients to {} (node_ip), which is no address of a host", address))
        .with("node_ip", address)
        .at(livekit.node_ip.origin);
  }

  static void raise_loopback(const std::string& address, const LiveKitSettings& livekit, bool local_trial,
                             Judgement& judgement) {
    judgement.raise(findings::loopback_node_ip, address)
        .graded(local_trial ? Severity::info : Severity::failure)
        .saying(fmt::format(
            "LiveKit sends clients to {} (node_ip): only a browser on the server itself gets media", address))
        .with("node_ip", address)
        .at(livekit.node_ip.origin);
  }

  static void raise_bridge(const std::string& address, const LiveKitSettings& livekit, Judgement& judgement) {
    judgement.raise(findings::docker_bridge_ip_advertised, address)
        .sure(Confidence::likely)
        .saying(fmt::format("LiveKit sends clients to {} (node_ip), an address of Docker's bridge network",
                            address))
        .with("node_ip", address)
        .at(livekit.node_ip.origin);
  }

  /// Another address, or a relay, still lets people in: then it is worse, not broken.
  static void raise_private(const std::string& address, const LiveKitSettings& livekit,
                            Judgement& judgement) {
    const bool relayed = livekit.turn.enabled || !livekit.turn_servers.empty();
    const bool another = any_of(livekit.node_ip.value, is_global);
    judgement.raise(findings::private_ip_advertised, address)
        .graded(relayed || another ? Severity::warning : Severity::failure)
        .saying(fmt::format("LiveKit sends clients to {} (node_ip), which nobody on the internet can reach",
                            address))
        .with("node_ip", address)
        .with("turn_offered", relayed)
        .at(livekit.node_ip.origin);
  }
};

}  // namespace

std::unique_ptr<Check> make_config_node_ip() {
  return std::make_unique<ConfigNodeIp>();
}

}  // namespace lkdoctor::checks
