// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::proto {

/// Claims of a LiveKit access token (livekit-facts §2.1). Times in seconds since 1970.
struct TokenClaims {
  std::string issuer;    ///< iss: the API key
  std::string identity;  ///< sub
  std::int64_t not_before = 0, expires = 0;
  Json video;  ///< grants; null: none at all
  Json room_config =
      nullptr;  ///< of the room, if this token's join opens it; null: as LiveKit's own settings are
};

/// For `room_config`: the room of a probe ends ten seconds after its last participant left, however long
/// room.departure_timeout is. Seen to hold from 1.8.4 to 1.13.5, by WebSocket and by WHIP.
Json fleeting_room();

/// A compact JWS, HS256 (RFC 7515, RFC 7518 §3.2), signed with the raw bytes of `secret`. A secret itself.
Secret sign_token(const TokenClaims& claims, const Secret& secret);

/// A token taken apart, without trust. nullopt: not a compact JWS with JSON header and payload.
struct DecodedToken {
  Json header, payload;
};
std::optional<DecodedToken> decode_token(std::string_view token);
bool signature_is_valid(std::string_view token, const Secret& secret);

}  // namespace lkdoctor::proto
