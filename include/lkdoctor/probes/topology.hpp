// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/facts/signalling_topology.hpp>
#include <lkdoctor/probes/ask.hpp>

namespace lkdoctor::probes {

struct TopologyObservation {
  facts::UrlAddresses where;
  std::string address;         ///< that was asked
  std::vector<Asked> answers;  ///< by name: twirp; below a path also rtc validate well_known login
  std::string old_host_name;   ///< "livekit.example.org"; empty: not asked
  std::vector<Asked> old_host;
  std::uint16_t plain_port = 0;  ///< 0: not asked
  std::vector<Asked> plain;
};
LKDOCTOR_JSON(TopologyObservation, where, address, answers, old_host_name, old_host, plain_port, plain)

awaitable<TopologyObservation> look_at_topology(Probe& probe);

facts::Topology topology_of(const TopologyObservation& observation);
/// The host answers as OpenTalk's controller does, whatever is under the path.
bool is_opentalk_host(const TopologyObservation& observation);
/// "livekit." and the domain of `host`; empty if it has none or is that name already.
std::string old_host_name_for(const std::string& host);

}  // namespace lkdoctor::probes
