// SPDX-License-Identifier: EUPL-1.2
#include "told.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/net/timer.hpp>

namespace lkdoctor::checks::tcp_ice {
namespace {

bool was_cut_off(const probes::TcpTrial& trial) {
  const net::NetError error = trial.outcome.error;
  return error == net::NetError::reset || error == net::NetError::closed;
}

awaitable<void> try_one(Probe& probe, std::size_t index, Deadline deadline, probes::TcpTrial* into) {
  const CarriedSession& carried = *probe.deployment().run.carried;
  *into = co_await probes::try_tcp_port(carried.tcp[index], carried.address, &probe.deployment(), deadline);
}

std::string how_it_failed(const net::NetOutcome& outcome) {
  switch (outcome.error) {
    case net::NetError::refused:
      return "is refused on the way in";
    case net::NetError::reset:
    case net::NetError::closed:
      return "is cut off on the way in";
    case net::NetError::timed_out:
      return outcome.stage == net::Stage::tls ? "takes connections and lets no data through"
                                              : "is dropped on the way in";
    case net::NetError::tls_refused:
    case net::NetError::not_tls:
      return "is answered by somebody else on the way";
    default:
      return "cannot be reached (" + outcome.text + ")";
  }
}

std::string who_has(const CarriedPort& port) {
  if (port.state == "answers") return "the responder itself listens there";
  return (port.owner.empty() ? std::string("somebody") : port.owner) + " has it on the host";
}

}  // namespace

const CarriedPort* told_port(const Deployment& deployment, std::uint16_t port) {
  const auto& carried = deployment.run.carried;
  if (!carried || !carried->reached) return nullptr;
  const auto found = std::ranges::find(carried->tcp, port, &CarriedPort::port);
  return found == carried->tcp.end() ? nullptr : &*found;
}

bool is_free_there(const Deployment& deployment, std::uint16_t port) {
  const CarriedPort* told = told_port(deployment, port);
  return told != nullptr && told->state == "answers";
}

awaitable<void> try_told_ports(Probe& probe, std::vector<probes::TcpTrial>* into) {
  const auto& carried = probe.deployment().run.carried;
  if (!carried || !carried->reached) co_return;
  const auto deadline = [&probe] {
    return earlier(Clock::now() + Milliseconds(5'000), probe.deadline() - Milliseconds(300));
  };
  into->resize(carried->tcp.size());
  std::vector<awaitable<void>> tries;
  for (std::size_t i = 0; i < into->size(); ++i) tries.push_back(try_one(probe, i, deadline(), &(*into)[i]));
  co_await net::all(std::move(tries));
  // A responder takes few connections at a time: what it turned away is asked again, one by one.
  for (std::size_t i = 0; i < into->size(); ++i) {
    if (was_cut_off((*into)[i])) co_await try_one(probe, i, deadline(), &(*into)[i]);
  }
}

Json told_facts(const std::vector<probes::TcpTrial>& trials) {
  Json out = Json::array();
  for (const probes::TcpTrial& trial : trials) {
    const bool ok = trial.outcome.ok();
    out.push_back({{"port", trial.port.port},
                   {"state", trial.port.state},
                   {"owner", trial.port.owner.empty() ? Json() : Json(trial.port.owner)},
                   {"reached", ok},
                   {"error", ok ? Json() : Json(trial.outcome.error)},
                   {"took_ms", static_cast<double>(trial.took.count()) / 1000}});
  }
  return out;
}

void judge_told(const std::vector<probes::TcpTrial>& trials, std::uint16_t ice_port,
                const Deployment& deployment, Judgement& judgement) {
  const auto& carried = deployment.run.carried;
  if (!carried) return;
  for (const probes::TcpTrial& trial : trials) {
    const bool is_ice = trial.port.port == ice_port;
    if (trial.outcome.ok() || (is_ice && trial.port.state == "in_use")) continue;
    const std::string place = text(Endpoint{carried->address, trial.port.port});
    judgement.raise(is_ice ? findings::ice_tcp_closed : findings::tcp_port_blocked, place)
        .saying(fmt::format("TCP {} at {} {}: {}", trial.port.port, carried->address,
                            how_it_failed(trial.outcome), who_has(trial.port)))
        .with("port", trial.port.port)
        .with("listens_there", trial.port.state)
        .with("error", trial.outcome.error)
        .with("waited_ms", trial.took.count() / 1000)
        .command(fmt::format("ufw allow {}/tcp", trial.port.port));
  }
}

void judge_free(std::uint16_t port, const std::vector<probes::TcpTrial>& trials, const Deployment& deployment,
                Judgement& judgement) {
  const CarriedSession& carried = *deployment.run.carried;
  const bool open = std::ranges::any_of(
      trials, [&](const probes::TcpTrial& trial) { return trial.port.port == port && trial.outcome.ok(); });
  if (!open) return;          // said by judge_told
  if (!deployment.livekit) {  // the port is LiveKit's default, and nobody says that it is this LiveKit's
    judgement.skip(fmt::format("the way to TCP {} is open, and nobody has that port on the host", port));
    judgement.not_tested("ICE over TCP", fmt::format("nobody has TCP {} on the host", port),
                         "start LiveKit there, then check again");
    return;
  }
  Finding& finding =
      judgement.raise(findings::ice_tcp_closed, text(Endpoint{carried.address, port}))
          .saying(
              fmt::format("The way to TCP {} at {} is open, but nobody has that port on the host: LiveKit "
                          "does not run, or its rtc.tcp_port is another",
                          port, carried.address))
          .change("Start LiveKit, or set rtc.tcp_port to the port that is meant, then check again")
          .with("port", port)
          .with("answered_by", "responder");
  if (deployment.livekit && deployment.livekit->tcp_port.is_set())
    finding.at(deployment.livekit->tcp_port.origin);
}

}  // namespace lkdoctor::checks::tcp_ice
