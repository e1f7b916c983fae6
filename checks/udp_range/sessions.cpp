// SPDX-License-Identifier: EUPL-1.2
#include "sessions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/facts/media_proof.hpp>
#include <lkdoctor/probes/coverage.hpp>
#include <lkdoctor/probes/own_network.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor::checks::udp_range {
namespace {

/// What came over loopback or LiveKit's own network met no firewall that people on the internet meet.
bool stands_behind_firewall(const Facts& facts, const Deployment& deployment) {
  if (deployment.run.audience != Audience::internet) return false;
  if (deployment.run.vantage != Vantage::outside) return true;
  const auto proof = facts.find(facts::media_udp_proof);
  return proof && std::ranges::any_of(proof->answered, [](const std::string& endpoint) {
           const auto address = parse_host_port(endpoint);
           return address && !is_global(address->host);
         });
}

/// What ports that were seen say of those that were not.
std::string coverage(const PortStates& seen, std::size_t ports, bool unclear, bool behind_firewall) {
  const std::string silent = "LiveKit's media ports answer nobody outside a session";
  const auto blocked = std::ranges::count_if(seen, [](const auto& port) { return port.second == "blocked"; });
  if (seen.empty() || ports == 0) return silent;
  // Which socket of a session its media would have used is not always known: media_udp gives the bounds.
  if (unclear)
    return fmt::format("{} of {} ports seen, and others of which some are blocked", seen.size(), ports);
  if (blocked > 0) return fmt::format("{} of {} ports seen, {} of them blocked", seen.size(), ports, blocked);
  if (behind_firewall)
    return fmt::format("{} of {} ports seen, which says nothing of a firewall before LiveKit", seen.size(),
                       ports);
  return probes::Coverage{seen.size(), 0}.text(ports);
}

}  // namespace

PortStates ports_of_sessions(const std::optional<PortRange>& range, const Facts& facts,
                             const Deployment& deployment) {
  PortStates out;
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
  if (probes::why_silence_proves_nothing(facts, deployment)) return out;
  if (!proof->connected) add(proof->silent, "blocked");
  add(proof->blocked, "blocked");
  return out;
}

Json intervals(const std::optional<PortRange>& range, const PortStates& seen) {
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

void judge_answers(const PortStates& seen, const Facts& facts, Judgement& judgement) {
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

void tell_rest(const std::optional<PortRange>& range, const PortStates& seen, const Facts& facts,
               const Deployment& deployment, Judgement& judgement) {
  const std::size_t ports = range ? range->last - range->first + 1 : 0;
  const std::string rest =
      seen.empty() ? "" : fmt::format(", but for {} ports of this run's sessions", seen.size());
  const auto proof = facts.find(facts::media_udp_proof);
  const bool unclear = proof && !proof->blocked_or_spare.empty();
  judgement.not_tested(
      (range ? "UDP " + text(*range) : std::string("the UDP range")) + rest,
      coverage(seen, ports, unclear, stands_behind_firewall(facts, deployment)),
      deployment.run.responder.empty()
          ? "run lkdoctor respond on the LiveKit host, then check again with --responder HOST"
          : "see why the responder at " + deployment.run.responder + " did not answer, then run it again");
}

}  // namespace lkdoctor::checks::udp_range
