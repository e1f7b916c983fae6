// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>

/// Numbers of RFC 8656.
namespace lkdoctor::proto::turn {

// §17
inline constexpr std::uint16_t kAllocate = 0x003;
inline constexpr std::uint16_t kRefresh = 0x004;
inline constexpr std::uint16_t kSend = 0x006;
inline constexpr std::uint16_t kData = 0x007;
inline constexpr std::uint16_t kCreatePermission = 0x008;
inline constexpr std::uint16_t kChannelBind = 0x009;

// §18
inline constexpr std::uint16_t kChannelNumber = 0x000c;
inline constexpr std::uint16_t kLifetime = 0x000d;
inline constexpr std::uint16_t kXorPeerAddress = 0x0012;
inline constexpr std::uint16_t kDataAttribute = 0x0013;
inline constexpr std::uint16_t kXorRelayedAddress = 0x0016;
inline constexpr std::uint16_t kRequestedTransport = 0x0019;
inline constexpr std::uint32_t kUdp = 17U << 24U;  // §18.8: protocol number, then three reserved bytes

// §12: numbers 0x4000 to 0x4fff; a ChannelData message begins with one, then its length
inline constexpr std::uint16_t kFirstChannel = 0x4000;
inline constexpr std::uint16_t kLastChannel = 0x4fff;

// §19 and RFC 8489 §14.8
inline constexpr int kUnauthorized = 401;
inline constexpr int kAllocationMismatch = 437;
inline constexpr int kStaleNonce = 438;

}  // namespace lkdoctor::proto::turn
