// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// LiveKit's first message to a participant; text of the peer, no credential. Given by signalling_join. By
/// WHIP there is no such message: of what it says only the ICE servers are known.
struct JoinResponse {
  std::string through;  ///< "public_url", "service_url"
  std::string address;  ///< the one of its addresses at which joining worked
  std::string room, version, node, region;
  std::int32_t protocol = 0;
  std::int32_t ping_interval_seconds = 0, ping_timeout_seconds = 0;
  std::vector<std::string> ice_urls;
  bool by_whip = false;  ///< the only way in: WebSockets do not get through
};
LKDOCTOR_JSON(JoinResponse, through, address, room, version, node, region, protocol, ping_interval_seconds,
              ping_timeout_seconds, ice_urls, by_whip)
inline constexpr Fact<JoinResponse> join_response{"join_response",
                                                  "LiveKit's answer to a join: version, ICE servers"};

}  // namespace lkdoctor::facts
