// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/forward_proxy.hpp>
#include <lkdoctor/facts/ice_tcp.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/missing.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/probes/own_network.hpp>

#include "collecting.hpp"
#include "observation.hpp"
#include "targets.hpp"
#include "told.hpp"
#include "wording.hpp"

namespace lkdoctor::checks {
namespace {

using namespace tcp_ice;

constexpr const FindingDef* kFindings[] = {&findings::ice_tcp_closed,       &findings::ice_tcp_not_configured,
                                           &findings::ice_tcp_behind_proxy, &findings::ice_tcp_backend_down,
                                           &findings::wrong_wan_ip,         &findings::tcp_port_blocked};
constexpr std::string_view kAfter[] = {facts::public_addresses.name};
constexpr std::string_view kGives[] = {facts::ice_tcp.name};
constexpr CheckInfo kInfo{
    .id = "tcp_ice",
    .title = "LiveKit's ICE/TCP port answers",
    .findings = kFindings,
    .after = kAfter,
    .gives = kGives,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
};
constexpr std::uint16_t kDefaultPort = 7881;  // LiveKit's own
using Targets = std::vector<const Target*>;

std::string joined(const Targets& targets) {
  std::string out;
  for (const Target* target : targets) out += (out.empty() ? "" : ", ") + target->address;
  return out;
}

Targets with_state(const Targets& targets, State state) {
  Targets out;
  std::ranges::copy_if(targets, std::back_inserter(out),
                       [&](const Target* target) { return state_of(*target) == state; });
  return out;
}

Targets all_of(const Observation& observation) {
  Targets out;
  for (const Target& target : observation.targets) out.push_back(&target);
  return out;
}

Targets with_role(const Observation& observation, Role role) {
  Targets out = all_of(observation);
  std::erase_if(out, [&](const Target* target) { return target->role != role; });
  return out;
}

void explain(Finding& finding, const Targets& targets, std::uint16_t port) {
  const Target& first = *targets.front();
  finding.with("addresses", joined(targets)).with("port", port).with("tested_because", why(first.role));
  if (first.bare.dialled.outcome.ok()) {
    finding.with("connect_ms", static_cast<double>(first.bare.dialled.took.count()) / 1000);
    finding.with("control_port_connects", first.control.outcome.ok());
    if (!first.bare.answer.empty()) finding.quoting("answer", first.bare.answer);
  } else {
    finding.with("waited_ms", first.bare.dialled.took.count() / 1000);
    finding.with("error", first.bare.dialled.outcome.text);
  }
}

class TcpIce final : public CheckOf<Observation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  std::optional<std::string> skip_reason(const Deployment& deployment) const override {
    if (deployment.livekit || !deployment.public_url.value.empty()) return std::nullopt;
    if (may_be_carried(deployment)) return std::nullopt;
    return "no address of LiveKit is known";
  }

  awaitable<Observation> collect(Probe& probe) const override {
    Observation observation;
    const auto& livekit = probe.deployment().livekit;
    observation.port = livekit ? static_cast<std::uint16_t>(livekit->tcp_port.value) : kDefaultPort;
    std::vector<awaitable<void>> looks;
    looks.push_back(try_told_ports(probe, &observation.told));
    const bool taken = is_free_there(probe.deployment(), observation.port);
    if (observation.port != 0) observation.targets = choose_targets(probe);
    if (taken) {  // there it is the responder that answers
      std::erase_if(observation.targets, [&](const Target& target) {
        return target.address == probe.deployment().run.carried->address;
      });
    }
    for (Target& target : observation.targets) {
      looks.push_back(look_at(&target, observation.port, probe.deadline() - Milliseconds(200)));
    }
    co_await net::all(std::move(looks));
    if (observation.port == 0) co_return observation;
    facts::IceTcp found;
    for (const Target& target : observation.targets) {
      if (state_of(target) == State::mux) {
        probe.phase("connect", target.bare.dialled.took);
        probe.phase("closed without ufrag", target.bare.after);
        probe.phase("held with ufrag", target.stranger.after);
      }
      (state_of(target) == State::mux ? found.answering : found.silent).push_back(target.address);
    }
    probe.publish(facts::ice_tcp, found);
    co_return observation;
  }

  void judge(const Observation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    state_facts(observation, judgement);
    judge_told(observation.told, observation.port, deployment, judgement);
    if (observation.port == 0) return judge_not_configured(deployment, judgement);
    if (!with_state(all_of(observation), State::mux).empty())
      return judge_found(observation, deployment, judgement);
    // LiveKit itself named another address to a session, and there it answers.
    const auto session = facts.find(facts::media_tcp_proof);
    if (session && session->connected) return;
    if (is_free_there(deployment, observation.port))
      return judge_free(observation.port, observation.told, deployment, judgement);
    if (is_refuted_guess(observation, facts)) {
      return judgement.skip("LiveKit names other addresses for media: media_tcp has looked at those");
    }
    judge_missing(observation, facts, deployment, judgement);
  }

 private:
  static void state_facts(const Observation& observation, Judgement& judgement) {
    judgement.fact("port", observation.port == 0 ? Json() : Json(observation.port));
    Json addresses = Json::array();
    for (const Target& target : observation.targets) {
      const bool connected = target.bare.dialled.outcome.ok();
      Json entry{
          {"address", target.address}, {"tested_because", why(target.role)}, {"state", state_of(target)}};
      entry["connect_ms"] =
          connected ? Json(static_cast<double>(target.bare.dialled.took.count()) / 1000) : Json();
      addresses.push_back(std::move(entry));
    }
    judgement.fact("addresses", std::move(addresses));
    if (!observation.told.empty()) judgement.fact("told_by_responder", told_facts(observation.told));
  }

  static void judge_not_configured(const Deployment& deployment, Judgement& judgement) {
    const bool other_way = deployment.livekit->turn.enabled || !deployment.livekit->turn_servers.empty();
    const bool matters = deployment.run.audience == Audience::internet && !other_way;
    judgement.raise(findings::ice_tcp_not_configured, "rtc.tcp_port")
        .graded(matters ? Severity::warning : Severity::info)
        .saying("LiveKit offers no ICE/TCP: rtc.tcp_port is 0, so who cannot send UDP cannot join")
        .at(deployment.livekit->tcp_port.origin);
  }

  /// LiveKit answers somewhere. What node_ip says must be among it, except from LiveKit's own host, whose
  /// way to its public address may not exist while everyone else's does.
  static void judge_found(const Observation& observation, const Deployment& deployment,
                          Judgement& judgement) {
    const Targets configured = with_role(observation, Role::configured);
    if (configured.empty() || !with_state(configured, State::mux).empty()) return;
    if (deployment.run.vantage == Vantage::livekit_host) {
      judgement.not_tested(fmt::format("TCP {} on {}", observation.port, joined(configured)),
                           "the way from this host to its own public address says nothing about others",
                           "run lkdoctor check outside");
      return;
    }
    const Targets answering = with_state(all_of(observation), State::mux);
    judgement.raise(findings::wrong_wan_ip, joined(configured))
        .sure(Confidence::likely)
        .saying(fmt::format(
            "LiveKit sends clients to {} (node_ip), but its ICE/TCP port answers at {} and not there",
            joined(configured), joined(answering)))
        .with("advertised", joined(configured))
        .with("answering", joined(answering))
        .with("port", observation.port)
        .at(deployment.livekit->node_ip.origin)
        .change(fmt::format("Set rtc.node_ip: {} and use_external_ip: false, then restart LiveKit",
                            answering.front()->address));
  }

  /// Only the address of public_url was known, and LiveKit has named others to a session.
  static bool is_refuted_guess(const Observation& observation, const Facts& facts) {
    const auto named = facts.find(facts::server_candidates);
    if (!named || named->candidates.empty()) return false;
    return std::ranges::none_of(observation.targets, [&](const Target& target) {
      return target.role != Role::signalling ||
             std::ranges::any_of(named->candidates, [&](const proto::Candidate& one) {
               return one.endpoint.address == target.address;
             });
    });
  }

  static void judge_missing(const Observation& observation, const Facts& facts, const Deployment& deployment,
                            Judgement& judgement) {
    if (const auto proxy = facts.find(facts::forward_proxy)) {
      const std::string what = fmt::format("TCP {} (media over TCP)", observation.port);
      judgement.not_tested(what,
                           "no answer directly, and the forward proxy " + proxy->proxy + " does not carry it",
                           "run where there is a direct way");
      return judgement.skip("there may be no direct way out of this network");
    }
    Targets targets = meant(observation, facts, deployment);
    if (probes::lets_no_udp_out(facts, deployment) && !with_state(targets, State::filtered).empty()) {
      return judgement.could_not_tell(probes::who_drops_udp(facts) +
                                      "; little else may pass there: silence proves nothing");
    }
    std::erase_if(targets, [](const Target* target) { return state_of(*target) == State::no_route; });
    if (targets.empty())
      return judgement.could_not_tell("no address of LiveKit's media is known and routable here");
    bool said = false;
    for (int i = 0; i <= static_cast<int>(State::no_route); ++i) {
      const Targets same = with_state(targets, static_cast<State>(i));
      if (same.empty()) continue;
      const Saying saying = saying_for(static_cast<State>(i), joined(same), observation.port);
      if (saying.definition == nullptr) continue;
      said = true;
      raise(saying, same, observation, deployment, judgement);
    }
    if (!said) judgement.could_not_tell("the port's answers fit neither LiveKit nor anything else known");
    if (!deployment.livekit && told_port(deployment, observation.port) == nullptr) {
      judgement.could_not_tell(
          fmt::format("whether LiveKit uses TCP {} at {} is not known without its configuration",
                      observation.port, joined(targets)));
    }
  }

  /// The addresses at which LiveKit's own port must answer. Signalling may be elsewhere (a proxy, a relay):
  /// its address counts only while nothing better is known.
  static Targets meant(const Observation& observation, const Facts& facts, const Deployment& deployment) {
    Targets own = with_role(observation, Role::own);
    if (!own.empty()) return own;
    Targets configured = with_role(observation, Role::configured);
    if (!configured.empty()) {
      const bool from_outside =
          deployment.run.vantage == Vantage::outside && deployment.run.audience == Audience::internet;
      if (from_outside)
        std::erase_if(configured, [](const Target* target) { return !is_global(target->address); });
      return configured;
    }
    Targets beside = with_role(observation, Role::responder);
    if (!beside.empty()) return beside;
    const auto topology = facts.find(facts::signalling_topology);
    const bool proxied =
        topology && *topology != facts::Topology::direct && *topology != facts::Topology::unknown;
    return proxied ? Targets{} : with_role(observation, Role::signalling);
  }

  static void raise(const Saying& saying, const Targets& targets, const Observation& observation,
                    const Deployment& deployment, Judgement& judgement) {
    Finding& finding =
        judgement.raise(*saying.definition, text(Endpoint{targets.front()->address, observation.port}))
            .saying(saying.sentence);
    explain(finding, targets, observation.port);
    if (targets.front()->role == Role::signalling) finding.sure(Confidence::likely);
    if (saying.definition == &findings::ice_tcp_closed) {
      finding.command(fmt::format("ufw allow {}/tcp", observation.port));
    }
    if (deployment.livekit && deployment.livekit->tcp_port.is_set())
      finding.at(deployment.livekit->tcp_port.origin);
    const bool known = deployment.livekit || told_port(deployment, observation.port) != nullptr;
    if (!known) finding.graded(Severity::info).sure(Confidence::possible);
  }
};

}  // namespace

std::unique_ptr<Check> make_tcp_ice() {
  return std::make_unique<TcpIce>();
}

}  // namespace lkdoctor::checks
