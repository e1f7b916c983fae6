// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/proto/jwt.hpp>
#include <lkdoctor/proto/probe_tokens.hpp>
#include <random>

namespace lkdoctor::proto {
namespace {

constexpr std::string_view kRoomPrefix = "lkdoctor-";

std::string random_name(std::size_t length) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device source;
  std::string out;
  for (std::size_t i = 0; i < length; ++i) out += kLetters[source() % kLetters.size()];
  return out;
}

Json grants(const std::string& room, bool publishes) {
  return {{"roomJoin", true},
          {"room", room},
          {"hidden", true},
          {"canPublish", publishes},
          {"canPublishData", publishes},
          {"canSubscribe", !publishes}};
}

}  // namespace

std::optional<std::string> probe_room(std::string_view wanted) {
  if (wanted.empty()) return std::string(kRoomPrefix) + random_name(16);
  const bool fine =
      wanted.starts_with(kRoomPrefix) && wanted.size() > kRoomPrefix.size() && wanted.size() <= 128;
  return fine ? std::optional<std::string>(wanted) : std::nullopt;
}

ProbeTokens create_tokens(const std::string& key, const Secret& secret, const std::string& room,
                          std::int64_t now, std::int64_t life) {
  TokenClaims claims;
  claims.issuer = key;
  claims.not_before = now - 30;
  // The whole lifetime stays within the promise.
  claims.expires = std::min(now + life, claims.not_before + kLongestTokenLife);
  ProbeTokens out;
  out.room = room;
  claims.identity = "lkdoctor-publisher-" + random_name(8);
  claims.room_config = fleeting_room();
  claims.video = grants(room, true);
  out.publisher = sign_token(claims, secret);
  claims.identity = "lkdoctor-subscriber-" + random_name(8);
  claims.video = grants(room, false);
  out.subscriber = sign_token(claims, secret);
  return out;
}

}  // namespace lkdoctor::proto
