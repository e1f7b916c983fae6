// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "collecting.hpp"
#include "observation.hpp"

namespace lkdoctor::checks {
namespace {

using namespace address_external;

constexpr const FindingDef* kFindings[] = {&findings::external_ip_stun_failed,
                                           &findings::stun_servers_disagree, &findings::server_symmetric_nat,
                                           &findings::client_network_blocks_udp};
constexpr std::string_view kGives[] = {facts::external_addresses.name};
constexpr CheckInfo kInfo{
    .id = "address_external",
    .title = "This machine's address as STUN servers see it",
    .findings = kFindings,
    .gives = kGives,
};

std::vector<std::string> names_of(const Observation& observation) {
  std::vector<std::string> out;
  for (const Asked& asked : observation.asked) {
    if (std::ranges::find(out, asked.name) == out.end()) out.push_back(asked.name);
  }
  return out;
}

/// Addresses that were asked and stayed silent until the end.
std::vector<std::string> silent(const Observation& observation) {
  std::vector<std::string> out;
  for (const Asked& asked : observation.asked) {
    if (asked.address.empty() || asked.reply.outcome.error != net::NetError::timed_out) continue;
    if (std::ranges::find(out, asked.address) == out.end()) out.push_back(asked.address);
  }
  return out;
}

/// "stun.example.org:3478 silent (4 tries, 5.0 s)"
std::string fate_of(const Asked& asked) {
  if (asked.address.empty()) return fmt::format("{} {}", asked.name, asked.problem);
  if (asked.reply.mapped) return fmt::format("{} sees {}", asked.name, text(*asked.reply.mapped));
  if (asked.reply.outcome.error != net::NetError::timed_out) {
    return fmt::format("{} ({}): {}", asked.name, asked.address, asked.reply.outcome.text);
  }
  return fmt::format("{} ({}) silent ({} tries, {:.1f} s)", asked.name, asked.address, asked.reply.tries,
                     static_cast<double>(asked.reply.took.count()) / 1e6);
}

/// Whether LiveKit's candidates depend on what STUN servers see of its host.
bool relies_on_stun(const Deployment& deployment) {
  return deployment.livekit &&
         (deployment.livekit->use_external_ip.value || deployment.livekit->node_ip.value.empty());
}

/// The rounds' answers in the order of the configuration. A family without a route here is left out.
std::vector<Asked> in_order(const std::vector<Looked>& looked, const Round& v4, const Round& v6) {
  std::vector<Asked> out;
  for (const Looked& server : looked) {
    const std::size_t before = out.size();
    bool routed = true;
    for (const Round* round : {&v4, &v6}) {
      for (const Asked& asked : round->asked) {
        if (asked.name != server.name) continue;
        routed = asked.reply.outcome.error != net::NetError::network_unreachable;
        if (routed) out.push_back(asked);
      }
    }
    if (out.size() > before) continue;
    out.push_back({server.name, "", "", routed ? unusable_because(server) : "no route to it here", {}});
  }
  return out;
}

class AddressExternal final : public CheckOf<Observation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    const Choice choice = probes::choose_stun_servers(deployment);
    return choice.source == Source::nobody ? std::optional(choice.why_none) : std::nullopt;
  }

  awaitable<Observation> collect(Probe& probe) const override {
    Observation observation;
    const Deployment& deployment = probe.deployment();
    Choice choice = probes::choose_stun_servers(deployment);
    observation.source = choice.source;
    const Deadline deadline = probe.deadline() - Milliseconds(300);
    const bool lenient = choice.source == Source::option;
    const std::vector<Looked> looked =
        co_await look_up_all(&deployment, std::move(choice.servers), lenient, deadline);
    Round v4(Family::ipv4);
    Round v6(Family::ipv6);
    std::vector<awaitable<void>> rounds;
    rounds.push_back(ask_family(&v4, &looked, deadline));
    if (lenient || asks_ipv6(deployment)) rounds.push_back(ask_family(&v6, &looked, deadline));
    co_await net::all(std::move(rounds));
    observation.asked = in_order(looked, v4, v6);
    observation.mapping = v4.mapping.kind.empty() ? v6.mapping : v4.mapping;
    const Round& main = v4.asked.empty() ? v6 : v4;
    if (!main.asked.empty())
      observation.local_address = net::source_address_for({main.asked.front().address, 0});
    observation.local_port = main.socket.local_port();
    for (const Asked& asked : observation.asked) probe.log(fate_of(asked));
    probe.publish(facts::external_addresses, fact_of(observation));
    co_return observation;
  }

  void judge(const Observation& observation, const Facts&, const Deployment& deployment,
             Judgement& judgement) const override {
    const facts::ExternalAddresses fact = fact_of(observation);
    judgement.fact("servers", fact.servers);
    judgement.fact("agreed", fact.agreed);
    judgement.fact("mapping", fact.mapping.empty() ? Json() : Json(fact.mapping));
    const bool answered = std::ranges::any_of(
        observation.asked, [](const Asked& asked) { return asked.reply.mapped.has_value(); });
    if (!answered) return judge_silence(observation, deployment, judgement);
    judge_agreement(observation, deployment, judgement);
    judge_mapping(observation, deployment, judgement);
  }

 private:
  static void judge_silence(const Observation& observation, const Deployment& deployment,
                            Judgement& judgement) {
    const bool on_host = deployment.run.vantage == Vantage::livekit_host;
    const bool own_list =
        observation.source == Source::livekit || observation.source == Source::livekit_default;
    const bool needed = deployment.livekit && deployment.livekit->use_external_ip.value;
    if (on_host && own_list && needed) return raise_failed(observation, deployment, judgement);
    judgement.could_not_tell("no STUN server answered here: " + fates(observation));
    if (needed && !on_host) {
      judgement.not_tested("whether LiveKit's host reaches its STUN servers", "this run is not on that host",
                           "run lkdoctor check on the LiveKit host");
    }
    raise_blocked(observation, deployment, judgement);
  }

  static std::string fates(const Observation& observation) {
    std::vector<std::string> out;
    for (const Asked& asked : observation.asked) out.push_back(fate_of(asked));
    return joined(out);
  }

  static void raise_failed(const Observation& observation, const Deployment& deployment,
                           Judgement& judgement) {
    Finding& finding = judgement.raise(findings::external_ip_stun_failed, "use_external_ip");
    finding
        .saying(fmt::format(
            "LiveKit cannot learn its external address, and then does not start: none of its STUN "
            "servers answers from this host ({})",
            joined(names_of(observation))))
        .with("servers", fates(observation))
        .at(deployment.livekit->use_external_ip.origin);
    if (deployment.livekit->stun_servers.is_set()) finding.also_at(deployment.livekit->stun_servers.origin);
  }

  /// The control servers are silent: most likely it is the network of this run that drops UDP. Of interest
  /// only where people of the internet are to join and this run stands among them.
  static void raise_blocked(const Observation& observation, const Deployment& deployment,
                            Judgement& judgement) {
    const std::vector<std::string> addresses = silent(observation);
    const bool among_users =
        deployment.run.vantage == Vantage::outside && deployment.run.audience == Audience::internet;
    if (!among_users || addresses.empty()) return;
    judgement.raise(findings::client_network_blocks_udp, "this network")
        .sure(addresses.size() > 1 ? Confidence::likely : Confidence::possible)
        .saying(fmt::format("UDP does not leave this network: {} of {} STUN servers answered", 0,
                            addresses.size()))
        .with("servers", fates(observation));
  }

  static void judge_agreement(const Observation& observation, const Deployment& deployment,
                              Judgement& judgement) {
    const bool decides = deployment.run.vantage == Vantage::livekit_host && relies_on_stun(deployment);
    for (const std::string_view family : {"ipv4", "ipv6"}) {
      const std::vector<std::string> seen = seen_at(observation, family);
      if (seen.size() < 2) continue;
      Finding& finding = judgement.raise(findings::stun_servers_disagree, joined(seen));
      finding.graded(decides ? Severity::warning : Severity::info)
          .saying(fmt::format("STUN servers see this machine at {} addresses: {}", seen.size(), joined(seen)))
          .with("servers", fates(observation));
      if (decides) finding.at(deployment.livekit->use_external_ip.origin);
    }
  }

  static void judge_mapping(const Observation& observation, const Deployment& deployment,
                            Judgement& judgement) {
    if (deployment.run.vantage != Vantage::livekit_host) return;
    const std::string& kind = observation.mapping.kind;
    if (kind != "address-dependent" && kind != "address-and-port-dependent") return;
    judgement.raise(findings::server_symmetric_nat, observation.local_address)
        .graded(relies_on_stun(deployment) ? Severity::warning : Severity::info)
        .saying(fmt::format(
            "The NAT in front of this host gives each destination another port ({} mapping): a port "
            "that one STUN server saw works for nobody else",
            kind))
        .with("mapping", kind)
        .with("method", observation.mapping.method)
        .with("servers", fates(observation));
  }
};

}  // namespace

std::unique_ptr<Check> make_address_external() {
  return std::make_unique<AddressExternal>();
}

}  // namespace lkdoctor::checks
