// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/external_addresses.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/local.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::checks {
namespace {

struct Observation {
  std::vector<net::LocalAddress> interfaces;
  bool own_network = false;  ///< LiveKit runs in a container with a network of its own
};
LKDOCTOR_JSON(Observation, interfaces, own_network)

constexpr const FindingDef* kFindings[] = {
    &findings::wrong_wan_ip, &findings::stale_external_ip, &findings::private_ip_advertised,
    &findings::docker_bridge_ip_advertised, &findings::node_ip_overridden_by_external_ip};
constexpr CheckInfo kInfo{
    .id = "address_advertised",
    .title = "LiveKit advertises the address at which it is reached",
    .findings = kFindings,
    .vantages = at({Vantage::livekit_host}),
};

using Addresses = std::vector<std::string>;

bool contains(const Addresses& list, std::string_view address) {
  return std::ranges::find(list, address) != list.end();
}
/// The first address of the family of `like`; "" if there is none.
std::string same_family(const Addresses& list, const std::string& like) {
  for (const std::string& address : list) {
    if (family_of(address) == family_of(like)) return address;
  }
  return {};
}
/// Everything that is compared.
struct View {
  const LiveKitSettings& livekit;
  Addresses own, external, signalling;
  bool stun_asked = false;
  std::string mapping;
  bool internet = false;
};

View view_of(const Observation& observation, const Facts& facts, const Deployment& deployment) {
  View view{*deployment.livekit, {}, {}, signalling_addresses(deployment, facts), false, "", false};
  for (const net::LocalAddress& local : observation.interfaces) {
    if (!local.loopback) view.own.push_back(local.address);
  }
  if (const auto external = facts.find(facts::external_addresses)) {
    view.external = external->agreed;
    view.mapping = external->mapping;
    view.stun_asked = true;
  }
  view.internet = deployment.run.audience == Audience::internet;
  return view;
}

class AddressAdvertised final : public CheckOf<Observation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (!deployment.livekit) return "no LiveKit configuration file was given";
    if (deployment.run.vantage != Vantage::livekit_host) return "only LiveKit's own host shows its addresses";
    return std::nullopt;
  }

  awaitable<Observation> collect(Probe& probe) const override {
    Observation observation{net::interface_addresses(), false};
    auto processes = net::processes_named({"livekit-server"});
    // Another LiveKit on this machine says nothing about this one.
    const std::int64_t port = probe.deployment().livekit->port.value;
    std::erase_if(processes, [port](const net::LocalProcess& process) {
      return std::ranges::find(process.listens_on, port) == process.listens_on.end();
    });
    const bool here = std::ranges::any_of(processes, &net::LocalProcess::this_network);
    observation.own_network = !here && std::ranges::any_of(processes, &net::LocalProcess::contained);
    co_return observation;
  }

  void judge(const Observation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    const View view = view_of(observation, facts, deployment);
    judgement.fact("own", view.own);
    if (view.livekit.use_external_ip.value) {
      judge_override(view, judgement);
      judge_other_line(view, judgement);
    } else if (!view.livekit.node_ip.value.empty()) {
      judge_stale(view, judgement);
    } else if (observation.own_network) {
      raise_container(view, judgement);
    } else {
      judge_private(view, judgement);
    }
  }

 private:
  /// use_external_ip wins over node_ip. It matters when they differ.
  static void judge_override(const View& view, Judgement& judgement) {
    for (const std::string& wished : view.livekit.node_ip.value) {
      if (!is_numeric_address(wished)) continue;
      const std::string seen = same_family(view.external, wished);
      if (seen.empty() || seen == wished) continue;
      judgement.raise(findings::node_ip_overridden_by_external_ip, wished)
          .graded(Severity::failure)
          .sure(Confidence::likely)
          .saying(fmt::format(
              "Clients are sent to {}, not to your node_ip {}: use_external_ip is on and wins", seen, wished))
          .with("node_ip", wished)
          .with("stun", seen)
          .at(view.livekit.use_external_ip.origin)
          .also_at(view.livekit.node_ip.origin);
    }
  }

  /// Requests to STUN servers leave by another address than the one at which public_url reaches this host.
  static void judge_other_line(const View& view, Judgement& judgement) {
    for (const std::string& inbound : view.signalling) {
      const std::string seen = same_family(view.external, inbound);
      if (!contains(view.own, inbound) || !is_global(inbound)) continue;
      if (seen.empty() || seen == inbound || contains(view.own, seen) || contains(view.signalling, seen))
        continue;
      judgement.raise(findings::wrong_wan_ip, seen)
          .graded(Severity::warning)
          .sure(Confidence::likely)
          .saying(fmt::format("LiveKit learns {} from STUN servers, but public_url reaches this host at {}",
                              seen, inbound))
          .with("stun", seen)
          .with("inbound", inbound)
          .at(view.livekit.use_external_ip.origin)
          .change(fmt::format("Set rtc.use_external_ip: false and rtc.node_ip: {}, then restart LiveKit",
                              inbound));
    }
  }

  static void judge_stale(const View& view, Judgement& judgement) {
    for (const std::string& configured : view.livekit.node_ip.value) {
      if (!is_global(configured) || contains(view.own, configured) || contains(view.signalling, configured))
        continue;
      const std::string seen = same_family(view.external, configured);
      if (seen.empty() || seen == configured || !contains(view.signalling, seen)) continue;
      judgement.raise(findings::stale_external_ip, configured)
          .sure(Confidence::likely)
          .saying(fmt::format("LiveKit still sends clients to {} (node_ip); this host's address is now {}",
                              configured, seen))
          .with("node_ip", configured)
          .with("stun", seen)
          .at(view.livekit.node_ip.origin)
          .change(fmt::format("Set rtc.node_ip: {} and restart LiveKit", seen));
    }
  }

  static void raise_container(const View& view, Judgement& judgement) {
    judgement.raise(findings::docker_bridge_ip_advertised, "container network")
        .sure(Confidence::likely)
        .saying(
            "LiveKit runs in a container network of its own without node_ip: it sends clients to an address "
            "that "
            "exists on this machine alone")
        .with("node_ip", nullptr)
        .at(view.livekit.node_ip.origin);
  }

  /// Neither node_ip nor use_external_ip: the interfaces' own addresses go out, and over UDP what STUN
  /// servers see of each socket. That is worth something unless it is known that no server answers or that a
  /// symmetric NAT makes it useless.
  static void judge_private(const View& view, Judgement& judgement) {
    const bool reachable =
        std::ranges::any_of(view.own, [](const std::string& own) { return is_global(own); });
    if (!view.internet || reachable || view.own.empty()) return;
    const bool symmetric =
        view.mapping == "address-dependent" || view.mapping == "address-and-port-dependent";
    const bool useless = view.stun_asked && (view.external.empty() || symmetric);
    judgement.raise(findings::private_ip_advertised, joined(view.own))
        .graded(useless ? Severity::failure : Severity::warning)
        .sure(Confidence::likely)
        .saying(fmt::format("LiveKit sends clients to {}, which nobody on the internet can reach{}",
                            joined(view.own),
                            useless ? "" : "; only UDP may work, through what STUN servers see of it"))
        .with("interfaces", joined(view.own))
        .with("stun", view.external.empty() ? Json() : Json(joined(view.external)))
        .at(view.livekit.use_external_ip.origin);
  }
};

}  // namespace

std::unique_ptr<Check> make_address_advertised() {
  return std::make_unique<AddressAdvertised>();
}

}  // namespace lkdoctor::checks
