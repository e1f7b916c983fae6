// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/proto/probe_tokens.hpp>
#include <lkdoctor/secret.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// The pure part of `lkdoctor token`.
namespace lkdoctor::cli {

using proto::create_tokens;
using proto::kLongestTokenLife;
using proto::probe_room;
using proto::ProbeTokens;

/// "30m", "2h", "90s", "1h30m" in seconds; nullopt: not such a text, nothing, or more than two hours.
std::optional<std::int64_t> token_life(std::string_view text);

/// What `token inspect` says of each token in `text` (one a line, with or without "Bearer ").
struct TokenReport {
  std::string text;      ///< holds neither a token nor a secret
  bool refused = false;  ///< LiveKit would refuse one of them, or it is none
};
/// `secrets` by key name; the one of the token's issuer decides on its signature. Bounded for any input.
TokenReport inspect_tokens(std::string_view text, const std::map<std::string, Secret>& secrets,
                           std::int64_t now);

}  // namespace lkdoctor::cli
