// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/json.hpp>
#include <string_view>
#include <vector>

/// Words of the control connection that both ends read (docs/port-test.md).
namespace lkdoctor::proto {

/// What stands before a greeting's nonce in lower hex.
inline constexpr std::string_view kGreetingsPath = "/greetings/";

/// The answer: which of the greetings with that nonce were heard and answered, whatever came back of it.
struct GreetingsHeard {
  std::vector<std::uint16_t> ports;  ///< as the client addressed them, each once
  bool kept = false;                 ///< the responder's own host let answers not out
};
LKDOCTOR_JSON(GreetingsHeard, ports, kept)

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
