// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <string>
#include <vector>

namespace lkdoctor::facts {

/// Who answers HTTP at a URL. `livekit` needs the health body, Twirp's bad_route and the validate text
/// together.
enum class Answerer { nobody, livekit, controller_proxy, roomserver, orchestrator, proxy_error, other };
NLOHMANN_JSON_SERIALIZE_ENUM(Answerer, {{Answerer::nobody, "nobody"},
                                        {Answerer::livekit, "livekit"},
                                        {Answerer::controller_proxy, "controller-proxy"},
                                        {Answerer::roomserver, "roomserver"},
                                        {Answerer::orchestrator, "orchestrator"},
                                        {Answerer::proxy_error, "proxy-error"},
                                        {Answerer::other, "other"}})

struct HttpIdentity {
  Answerer answerer = Answerer::nobody;
  bool ready = false;                  ///< LiveKit said OK (not 406)
  bool rtc_v1 = false;                 ///< /rtc/v1 exists behind this URL
  bool rtc = false;                    ///< LiveKit's join check answers below /rtc
  std::string server_header;           ///< text of the peer
  std::vector<std::string> answering;  ///< addresses that gave an HTTP answer
};
LKDOCTOR_JSON(HttpIdentity, answerer, ready, rtc_v1, rtc, server_header, answering)

/// Given by http_public and http_service.
inline constexpr Fact<HttpIdentity> public_identity{"public_identity", "who answers at public_url"};
inline constexpr Fact<HttpIdentity> service_identity{"service_identity", "who answers at service_url"};

}  // namespace lkdoctor::facts
