// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/coverage.hpp>
#include <lkdoctor/probes/host_ports.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <lkdoctor/probes/port_sweep.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <lkdoctor/proto/stun.hpp>

namespace lkdoctor::checks {
namespace {

/// What came back for one datagram to one port. A hint: see README.md for its limits.
struct Hint {
  std::uint16_t port = 0;
  bool control = false;            ///< outside the range, where surely nobody listens
  std::string answer = "silence";  ///< or the name of the ICMP error
  std::string reporter;            ///< who sent it
};
LKDOCTOR_JSON(Hint, port, control, answer, reporter)

struct Observation {
  std::string address;
  std::vector<Hint> hints;
  std::vector<probes::PortSweep> sweeps;  ///< with a responder, one for each of its addresses
  probes::HostPorts host;
};
LKDOCTOR_JSON(Observation, address, hints, sweeps, host)

constexpr std::string_view kAfter[] = {facts::public_addresses.name};
constexpr CheckInfo kInfo{
    .id = "udp_range",
    .title = "LiveKit's UDP ports can be reached",
    .findings = probes::kFindingsOfRange,
    .after = kAfter,
    .vantages = at({Vantage::outside, Vantage::inside, Vantage::livekit_host, Vantage::recorder}),
    .budget = Milliseconds(25'000),
    .thorough_budget = Milliseconds(100'000),
};
constexpr std::string_view kNeedsResponder = "needs-responder";  // contract §2, read by scripts
/// Not assigned by IANA, and far from every usual media range. With the three ports of the range this is five
/// datagrams: Linux answers a burst of six per peer and then one a second.
constexpr std::array<std::uint16_t, 2> kControls{4, 1003};
constexpr Milliseconds kPatience{600};  // where nothing has shown how long a round trip is

/// First, middle and last port of the range.
std::vector<std::uint16_t> samples(const PortRange& range) {
  std::vector<std::uint16_t> out;
  for (const std::uint32_t port : {range.first, range.first + (range.last - range.first) / 2, range.last}) {
    const auto number = static_cast<std::uint16_t>(port);
    if (std::ranges::find(out, number) == out.end()) out.push_back(number);
  }
  return out;
}

/// The address that media is meant for; "" if none is known or it is this machine itself.
std::string media_address(const Deployment& deployment, const Facts& facts) {
  std::vector<std::string> known = configured_media_addresses(deployment);
  if (known.empty()) known = signalling_addresses(deployment, facts);
  if (known.empty()) return {};
  const std::string source = net::source_address_for({known.front(), 0});
  const bool here = source.empty() || source == known.front();
  return here ? std::string{} : known.front();
}

awaitable<void> send_all(net::UdpSocket* socket, Observation* observation) {
  for (Hint& hint : observation->hints) {
    const Endpoint peer{observation->address, hint.port};
    Bytes bytes = proto::encode_stun(proto::binding_request());
    const net::NetOutcome sent = co_await socket->send(peer, std::move(bytes));
    if (!sent.ok()) hint.answer = Json(sent.error).get<std::string>();
  }
}

awaitable<void> gather(net::UdpSocket* socket, Observation* observation, Deadline deadline) {
  const auto silent = [](const Hint& hint) { return hint.answer == "silence"; };
  while (std::ranges::any_of(observation->hints, silent) && Clock::now() < deadline) {
    const net::Datagram datagram = co_await socket->receive(deadline);
    if (datagram.outcome.error == net::NetError::timed_out) continue;
    const auto hint = std::ranges::find(observation->hints, datagram.from.port, &Hint::port);
    if (hint == observation->hints.end() || datagram.from.address != observation->address) continue;
    hint->answer = datagram.outcome.ok() ? "answered" : Json(datagram.outcome.error).get<std::string>();
    hint->reporter = datagram.reporter;
  }
}

class UdpRange final : public CheckOf<Observation> {
 public:
  const CheckInfo& info() const noexcept override { return kInfo; }

  bool runs_alone(const Deployment& deployment) const override { return !deployment.run.responder.empty(); }

  awaitable<Observation> collect(Probe& probe) const override {
    Observation observation;
    const Deployment& deployment = probe.deployment();
    observation.host = probes::look_at_host_ports(deployment);
    if (!deployment.run.responder.empty()) {
      observation.sweeps = co_await probes::sweep_ports(probe);
      co_return observation;
    }
    if (!deployment.livekit || !deployment.livekit->udp) co_return observation;
    if (deployment.run.vantage == Vantage::livekit_host) co_return observation;
    observation.address = media_address(deployment, probe.facts());
    if (observation.address.empty()) co_return observation;
    for (const std::uint16_t port : samples(*deployment.livekit->udp))
      observation.hints.push_back({port, false, "silence", ""});
    for (const std::uint16_t port : kControls) observation.hints.push_back({port, true, "silence", ""});
    const std::optional<Deadline> enough = co_await probes::exposure_patience(probe);
    net::UdpSocket socket(family_of(observation.address));
    co_await send_all(&socket, &observation);
    const Deadline until = enough.value_or(Clock::now() + kPatience);
    co_await gather(&socket, &observation, earlier(probe.deadline(), until));
    co_return observation;
  }

  void judge(const Observation& observation, const Facts& facts, const Deployment& deployment,
             Judgement& judgement) const override {
    probes::judge_host_ports(observation.host, deployment, judgement);
    const std::vector<probes::PortSweep> sweeps = probes::padded(observation.sweeps, deployment);
    const auto welcomed = std::ranges::find_if(sweeps, &probes::PortSweep::welcomed);
    if (welcomed != sweeps.end()) return judge_two_sided(sweeps, *welcomed, facts, deployment, judgement);
    if (!observation.sweeps.empty()) say_unreachable(deployment, judgement);
    judge_one_sided(observation, facts, deployment, judgement);
  }

 private:
  static void say_unreachable(const Deployment& deployment, Judgement& judgement) {
    // The control connection knows more where it came so far.
    const auto& carried = deployment.run.carried;
    const bool used = carried && carried->state == CarriedState::code_used;
    const std::string why = used ? carried->words : "closed, filtered, or another key";
    judgement.raise(findings::responder_unreachable, deployment.run.responder)
        .saying("Nothing answered the greeting to the responder at " + deployment.run.responder + ": " + why);
    judgement.could_not_tell("the responder did not answer: " + why);
  }

  static void judge_two_sided(const std::vector<probes::PortSweep>& sweeps, const probes::PortSweep& shown,
                              const Facts& facts, const Deployment& deployment, Judgement& judgement) {
    const Json swept = probes::intervals_of(sweeps);
    std::optional<PortRange> range = deployment.livekit ? deployment.livekit->udp : std::nullopt;
    if (!range && !swept.empty()) range = PortRange{swept.front().at("from"), swept.back().at("to")};
    // The ports of another host are none of LiveKit's.
    const auto elsewhere = probes::why_elsewhere(sweeps, facts, deployment, judgement);
    judgement.fact("responder_mode", shown.mode);
    judgement.fact("range", range ? Json(text(*range)) : Json());
    judgement.fact("evidence", elsewhere ? "none" : "two_sided");
    judgement.fact("intervals", elsewhere ? intervals(range, {}) : swept);
    judgement.fact("rate_pps", shown.rate_pps > 0 ? Json(shown.rate_pps) : Json());
    judgement.fact("loss_ratio", shown.loss_ratio ? Json(*shown.loss_ratio) : Json());
    judgement.fact("address", shown.address);
    judgement.fact("hints", Json::array());
    judgement.fact("sweeps", sweeps);
    judgement.fact("sizes", probes::sizes_of(shown));
    judgement.fact("flow_seconds", probes::flow_seconds_of(shown));
    if (elsewhere) return judgement.could_not_tell(*elsewhere);
    probes::say_untold(sweeps, facts, judgement);
    for (const probes::PortSweep& sweep : sweeps) {
      if (sweep.welcomed()) probes::judge_sweep(sweep, {sweeps, facts, deployment}, judgement);
      if (!sweep.welcomed())
        judgement.not_tested("UDP at " + sweep.address, "no answer of the responder at this address",
                             "see that this address is the LiveKit host's");
    }
  }

  static void judge_one_sided(const Observation& observation, const Facts& facts,
                              const Deployment& deployment, Judgement& judgement) {
    const std::optional<PortRange> range = deployment.livekit ? deployment.livekit->udp : std::nullopt;
    const bool hinted = std::ranges::any_of(
        observation.hints, [](const Hint& hint) { return !hint.control && hint.answer != "silence"; });
    const std::map<std::uint32_t, std::string> seen =
        ports_of_sessions(range, facts, probes::why_silence_proves_nothing(facts, deployment).has_value());
    judgement.fact("responder_mode", nullptr);
    judgement.fact("range", range ? Json(text(*range)) : Json());
    judgement.fact("evidence", !seen.empty() ? "session" : (hinted ? "hint" : "none"));
    judgement.fact("intervals", intervals(range, seen));
    judgement.fact("rate_pps", nullptr);
    judgement.fact("loss_ratio", nullptr);
    judgement.fact("address", observation.address.empty() ? Json() : Json(observation.address));
    judgement.fact("hints", observation.hints);
    const std::size_t ports = range ? range->last - range->first + 1 : 0;
    if (seen.empty() && observation.sweeps.empty()) judgement.skip(std::string(kNeedsResponder));
    if (!seen.empty()) judge_answers(seen, facts, judgement);
    if (!seen.empty() && seen.size() == ports) return;
    const std::string rest =
        seen.empty() ? "" : fmt::format(", but for {} ports of this run's sessions", seen.size());
    const auto proof = facts.find(facts::media_udp_proof);
    const bool unclear = proof && !proof->blocked_or_spare.empty();
    judgement.not_tested((range ? "UDP " + text(*range) : std::string("the UDP range")) + rest,
                         coverage(seen, ports, unclear, stands_behind_firewall(facts, deployment)),
                         "run lkdoctor respond on the LiveKit host, then check again with --responder HOST");
  }

  /// Ports are not well that do not answer, or do so for a moment; media_udp says what is wrong.
  static void judge_answers(const std::map<std::uint32_t, std::string>& seen, const Facts& facts,
                            Judgement& judgement) {
    const auto count = [&](std::string_view state) {
      return std::ranges::count_if(seen, [&](const auto& port) { return port.second == state; });
    };
    const auto proof = facts.find(facts::media_udp_proof);
    if (count("open") == 0) {
      judgement.could_not_tell(fmt::format("none of {} ports of this run's sessions answered", seen.size()));
    } else if (count("blocked") > 0) {
      judgement.could_not_tell(
          fmt::format("{} of {} ports of this run's sessions did not answer", count("blocked"), seen.size()));
    } else if (proof && !proof->flaw.empty()) {
      judgement.could_not_tell(proof->flaw == "cut" ? "flows to ports that answer are cut off"
                                                    : "packets to ports that answer are lost");
    }
  }

  /// What came over loopback or LiveKit's own network met no firewall that people on the internet meet.
  static bool stands_behind_firewall(const Facts& facts, const Deployment& deployment) {
    if (deployment.run.audience != Audience::internet) return false;
    if (deployment.run.vantage != Vantage::outside) return true;
    const auto proof = facts.find(facts::media_udp_proof);
    return proof && std::ranges::any_of(proof->answered, [](const std::string& endpoint) {
             const auto address = parse_host_port(endpoint);
             return address && !is_global(address->host);
           });
  }

  /// What ports that were seen say of those that were not.
  static std::string coverage(const std::map<std::uint32_t, std::string>& seen, std::size_t ports,
                              bool unclear, bool behind_firewall) {
    const std::string silent = "LiveKit's media ports answer nobody outside a session";
    const auto blocked =
        std::ranges::count_if(seen, [](const auto& port) { return port.second == "blocked"; });
    if (seen.empty() || ports == 0) return silent;
    // Which socket of a session its media would have used is not always known: media_udp gives the bounds.
    if (unclear)
      return fmt::format("{} of {} ports seen, and others of which some are blocked", seen.size(), ports);
    if (blocked > 0)
      return fmt::format("{} of {} ports seen, {} of them blocked", seen.size(), ports, blocked);
    if (behind_firewall)
      return fmt::format("{} of {} ports seen, which says nothing of a firewall before LiveKit", seen.size(),
                         ports);
    return probes::Coverage{seen.size(), 0}.text(ports);
  }

  /// What the sessions of media_udp prove of single ports. In a session that connected, silence is another
  /// interface's.
  static std::map<std::uint32_t, std::string> ports_of_sessions(const std::optional<PortRange>& range,
                                                                const Facts& facts,
                                                                bool silence_proves_nothing) {
    std::map<std::uint32_t, std::string> out;
    const auto proof = facts.find(facts::media_udp_proof);
    if (!range || !proof) return out;
    const auto add = [&](const std::vector<std::string>& endpoints, const char* state) {
      for (const std::string& endpoint : endpoints) {
        const auto port = static_cast<std::uint32_t>(std::atoi(endpoint.c_str() + endpoint.rfind(':') + 1));
        if (port >= range->first && port <= range->last) out.emplace(port, state);
      }
    };
    // What answers only after LiveKit has sent first is not open.
    if (!proof->by_punching) add(proof->answered, "open");
    if (silence_proves_nothing) return out;
    if (!proof->connected) add(proof->silent, "blocked");
    add(proof->blocked, "blocked");
    return out;
  }

  static Json intervals(const std::optional<PortRange>& range,
                        const std::map<std::uint32_t, std::string>& seen) {
    Json out = Json::array();
    if (!range) return out;
    const auto add = [&](std::uint32_t from, std::uint32_t to, const std::string& state) {
      const bool goes_on = !out.empty() && out.back().at("state") == state;
      if (goes_on) out.back()["to"] = to;
      if (!goes_on) out.push_back({{"from", from}, {"to", to}, {"state", state}});
    };
    std::uint32_t next = range->first;
    for (const auto& [port, state] : seen) {
      if (port > next) add(next, port - 1, "untested");
      add(port, port, state);
      next = port + 1;
    }
    if (next <= range->last) add(next, range->last, "untested");
    return out;
  }
};

}  // namespace

std::unique_ptr<Check> make_udp_range() {
  return std::make_unique<UdpRange>();
}

}  // namespace lkdoctor::checks
