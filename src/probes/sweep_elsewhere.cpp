// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/advertised.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/sweep_judge.hpp>

#include "probes/sweep_words.hpp"

namespace lkdoctor::probes {
namespace {

/// Of LiveKit's own ports, at one address, those that answered a session and are silent to the sweep.
std::vector<std::uint16_t> contradictions(const PortSweep& sweep, const facts::MediaProof& proof) {
  std::vector<std::uint16_t> out;
  if (proof.by_punching || !sweep.tallied) return out;
  for (const std::string& endpoint : proof.answered) {
    const auto place = parse_host_port(endpoint);
    if (!place || place->host != sweep.address) continue;
    const bool silent = std::ranges::any_of(sweep.intervals, [&](const SweptInterval& one) {
      return one.state == "blocked" && one.arrived == 0 && place->port >= one.from && place->port <= one.to;
    });
    if (silent) out.push_back(place->port);
  }
  return out;
}

/// Where LiveKit sends clients of the internet.
std::vector<std::string> global_addresses(const SweptBeside& beside) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& address) {
    if (is_global(address) && std::ranges::find(out, address) == out.end()) out.push_back(address);
  };
  std::ranges::for_each(sweep::media_addresses(beside), add);
  if (out.empty()) std::ranges::for_each(configured_media_addresses(beside.deployment), add);
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& one : texts) out += (out.empty() ? "" : ", ") + one;
  return out;
}

}  // namespace

std::optional<std::string> why_elsewhere(const std::vector<PortSweep>& sweeps, const Facts& facts,
                                         const Deployment& deployment, Judgement& judgement) {
  const std::vector<std::string> named = global_addresses({sweeps, facts, deployment});
  std::vector<std::string> swept;
  for (const PortSweep& one : sweeps) {
    if (one.told()) swept.push_back(one.address);
  }
  const bool at_livekits = std::ranges::any_of(
      swept, [&](const std::string& one) { return std::ranges::find(named, one) != named.end(); });
  // Its own host has the address: there it is filtered.
  const bool on_its_host =
      std::ranges::any_of(named, [&](const std::string& one) { return has_address(deployment, one); });
  // Another way to the same host is no fault: it is the operator's who stands inside.
  const bool all_global = std::ranges::all_of(swept, is_global);
  if (!named.empty() && !at_livekits && !on_its_host && all_global) {
    judgement.raise(findings::responder_elsewhere, joined(swept))
        .saying(
            fmt::format("The responder answers at {}, and not at {}, where LiveKit sends its clients: what "
                        "was swept are not LiveKit's ports",
                        joined(swept), joined(named)))
        .with("responder_at", joined(swept))
        .with("livekit_names", joined(named));
    return fmt::format("the responder does not answer at {}, where LiveKit's media is", joined(named));
  }
  const auto proof = facts.find(facts::media_udp_proof);
  for (const PortSweep& one : sweeps) {
    const auto ports = proof ? contradictions(one, *proof) : std::vector<std::uint16_t>{};
    if (ports.empty()) continue;
    judgement.raise(findings::responder_elsewhere, one.address)
        .saying(fmt::format("UDP {} at {} answered this run's sessions, and nothing that was sent there "
                            "arrived at the responder: these ports lead to another host or container",
                            ports.front(), one.address))
        .with("ports_of_sessions", static_cast<int>(ports.size()))
        .with("ports_silent", sweep::tally_of(one).blocked)
        .with("responder_arrived_at", one.arrived_at);
    return fmt::format("the ports at {} do not lead to the responder", one.address);
  }
  return std::nullopt;
}

}  // namespace lkdoctor::probes
