// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/secret.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// The pure part of `lkdoctor token`.
namespace lkdoctor::cli {

/// Two tokens for a probe room alone: they open no other room and show their participants to nobody.
struct ProbeTokens {
  Secret publisher, subscriber;
  std::string room;
};

inline constexpr std::int64_t kLongestTokenLife = 2 * 3600;

/// "30m", "2h", "90s", "1h30m" in seconds; nullopt: not such a text, nothing, or more than two hours.
std::optional<std::int64_t> token_life(std::string_view text);

/// A room name that begins with "lkdoctor-"; random where `wanted` is empty. nullopt: `wanted` does not.
std::optional<std::string> probe_room(std::string_view wanted);

/// Valid from 30 s before `now` (clocks differ) to `now` + life. REQUIRES: 0 < life <= kLongestTokenLife.
ProbeTokens create_tokens(const std::string& key, const Secret& secret, const std::string& room,
                          std::int64_t now, std::int64_t life);

/// What `token inspect` says of each token in `text` (one a line, with or without "Bearer ").
struct TokenReport {
  std::string text;      ///< holds neither a token nor a secret
  bool refused = false;  ///< LiveKit would refuse one of them, or it is none
};
/// `secrets` by key name; the one of the token's issuer decides on its signature. Bounded for any input.
TokenReport inspect_tokens(std::string_view text, const std::map<std::string, Secret>& secrets,
                           std::int64_t now);

}  // namespace lkdoctor::cli
