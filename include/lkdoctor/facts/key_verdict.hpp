// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/fact.hpp>
#include <lkdoctor/json.hpp>
#include <optional>
#include <string>

namespace lkdoctor::facts {

/// `mixed`: servers with different keys answer in turn.
enum class KeyState { not_asked, accepted, unknown_key, wrong_secret, clock, stripped, mixed, other };
NLOHMANN_JSON_SERIALIZE_ENUM(KeyState, {{KeyState::not_asked, "not-asked"},
                                        {KeyState::accepted, "accepted"},
                                        {KeyState::unknown_key, "unknown-key"},
                                        {KeyState::wrong_secret, "wrong-secret"},
                                        {KeyState::clock, "clock"},
                                        {KeyState::stripped, "stripped"},
                                        {KeyState::mixed, "mixed"},
                                        {KeyState::other, "other"}})

/// Given by api_key.
struct KeyVerdict {
  KeyState at_public_url = KeyState::not_asked;
  KeyState at_service_url = KeyState::not_asked;
  std::optional<double> server_clock_offset_seconds;  ///< LiveKit minus this machine
};
LKDOCTOR_JSON(KeyVerdict, at_public_url, at_service_url, server_clock_offset_seconds)
inline constexpr Fact<KeyVerdict> key_verdict{"key_verdict", "whether LiveKit accepts the key pair"};

}  // namespace lkdoctor::facts
