// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/check.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>
#include <lkdoctor/net/udp.hpp>
#include <lkdoctor/probes/ask.hpp>
#include <lkdoctor/probes/host_ports.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <lkdoctor/probes/port_sweep.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>
#include <lkdoctor/proto/stun.hpp>

#include "sessions.hpp"

namespace lkdoctor::checks {
namespace {

using namespace udp_range;

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
    auto shown = std::ranges::find_if(sweeps, &probes::PortSweep::welcomed);
    if (shown == sweeps.end()) shown = std::ranges::find_if(sweeps, &probes::PortSweep::told);
    if (shown != sweeps.end()) return judge_two_sided(sweeps, *shown, facts, deployment, judgement);
    if (!observation.sweeps.empty()) say_unreachable(deployment, judgement);
    judge_one_sided(observation, facts, deployment, judgement);
  }

 private:
  static void say_unreachable(const Deployment& deployment, Judgement& judgement) {
    const std::string why = probes::why_unanswered(deployment);
    judgement.raise(findings::responder_unreachable, deployment.run.responder)
        .saying("Nothing answered the greeting to the responder at " + deployment.run.responder + ": " + why);
    judgement.could_not_tell("the responder did not answer: " + why);
  }

  /// Beside a container, or where new flows are lost at any port, a sweep may have shown nothing at all.
  static bool has_tested(const Json& swept) {
    return std::ranges::any_of(swept, [](const Json& one) { return one.at("state") != "untested"; });
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
    const bool proven = !elsewhere && has_tested(swept);
    const PortStates seen = proven ? PortStates{} : ports_of_sessions(range, facts, deployment);
    judgement.fact("evidence", proven ? "two_sided" : seen.empty() ? "none" : "session");
    judgement.fact("intervals", proven ? swept : intervals(range, seen));
    judgement.fact("rate_pps", shown.rate_pps > 0 ? Json(shown.rate_pps) : Json());
    judgement.fact("loss_ratio", shown.loss_ratio ? Json(*shown.loss_ratio) : Json());
    judgement.fact("address", shown.address);
    judgement.fact("hints", Json::array());
    judgement.fact("sweeps", sweeps);
    judgement.fact("sizes", probes::sizes_of(shown));
    judgement.fact("flow_seconds", probes::flow_seconds_of(shown));
    if (elsewhere) return judgement.could_not_tell(*elsewhere);
    const probes::SweptBeside beside{sweeps, facts, deployment};
    for (const probes::PortSweep& sweep : sweeps) {
      sweep.told() ? probes::judge_sweep(sweep, beside, judgement)
                   : probes::judge_unanswered(sweep, beside, judgement);
    }
    probes::say_untold(sweeps, facts, judgement);
  }

  static void judge_one_sided(const Observation& observation, const Facts& facts,
                              const Deployment& deployment, Judgement& judgement) {
    const std::optional<PortRange> range = deployment.livekit ? deployment.livekit->udp : std::nullopt;
    const bool hinted = std::ranges::any_of(
        observation.hints, [](const Hint& hint) { return !hint.control && hint.answer != "silence"; });
    const PortStates seen = ports_of_sessions(range, facts, deployment);
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
    tell_rest(range, seen, facts, deployment, judgement);
  }
};

}  // namespace

std::unique_ptr<Check> make_udp_range() {
  return std::make_unique<UdpRange>();
}

}  // namespace lkdoctor::checks
