// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string_view>

/// Words of the control connection that both ends read (docs/port-test.md).
namespace lkdoctor::proto {

/// What stands before a greeting's nonce in lower hex.
inline constexpr std::string_view kGreetingsPath = "/greetings/";

/// Why a responder could not connect to LiveKit's signalling port. What is not known counts as unreachable.
enum class RelayFault {
  unreachable,
  silent,     ///< no answer to the attempt
  elsewhere,  ///< refused there, but a LiveKit runs on that host, or somebody has that port at another
              ///< address
  absent      ///< refused there, and nobody on that host has that port
};
NLOHMANN_JSON_SERIALIZE_ENUM(RelayFault, {{RelayFault::unreachable, "unreachable"},
                                          {RelayFault::silent, "silent"},
                                          {RelayFault::elsewhere, "elsewhere"},
                                          {RelayFault::absent, "absent"}})

}  // namespace lkdoctor::proto
