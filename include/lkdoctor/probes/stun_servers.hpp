// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <lkdoctor/json.hpp>
#include <lkdoctor/proto/ice_url.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Which STUN servers may be asked, and who counts as outside the deployment. No I/O.
namespace lkdoctor::probes {

/// Who named the servers.
enum class StunSource { nobody, option, livekit, livekit_default, any };
NLOHMANN_JSON_SERIALIZE_ENUM(StunSource, {{StunSource::nobody, "nobody"},
                                          {StunSource::option, "--stun"},
                                          {StunSource::livekit, "rtc.stun_servers"},
                                          {StunSource::livekit_default, "LiveKit's default list"},
                                          {StunSource::any, "--third-party any"}})

struct StunChoice {
  StunSource source = StunSource::nobody;
  std::vector<std::string> servers;  ///< as written, in order
  std::string why_none;
};

/// LiveKit's own list since 1.6.0, in its order.
std::vector<std::string> default_stun_servers();

/// Hosts that belong to the deployment itself are no third parties.
bool is_own_host(const Deployment& deployment, std::string_view host);

/// The servers to ask for this machine's address, in LiveKit's own order.
StunChoice choose_stun_servers(const Deployment& deployment);

/// "stun.example:3478": those of the ICE servers of a session that a client would learn its address from and
/// that this run may contact; where there are none, those of the configuration. TURN servers answer the same
/// question.
std::vector<std::string> stun_servers_of_session(const Deployment& deployment,
                                                 const std::vector<std::string>& ice_urls);

}  // namespace lkdoctor::probes
