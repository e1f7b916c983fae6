// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::proto {

/// Two tokens for a probe room alone: they open no other room and show their participants to nobody.
struct ProbeTokens {
  Secret publisher, subscriber;
  std::string room;
};

inline constexpr std::int64_t kLongestTokenLife = 2 * 3600;

/// A room name that begins with "lkdoctor-"; random where `wanted` is empty. nullopt: `wanted` does not.
std::optional<std::string> probe_room(std::string_view wanted);

/// Valid from 30 s before `now` (clocks differ) to `now` + life. REQUIRES: 0 < life <= kLongestTokenLife.
ProbeTokens create_tokens(const std::string& key, const Secret& secret, const std::string& room,
                          std::int64_t now, std::int64_t life);

}  // namespace lkdoctor::proto
