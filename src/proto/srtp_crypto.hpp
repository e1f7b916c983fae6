// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/dtls.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>

/// The cryptographic half of SRTP, on OpenSSL: keys and one packet at a time. Indices and replay are
/// srtp.cpp's.
namespace lkdoctor::proto::srtp {

/// Session keys of one direction and one protocol (RFC 3711 §4.3).
struct SessionKeys {
  Secret encryption, authentication, salt;
};

/// RFC 3711 §4.3.2: which keys are derived.
enum class Family { rtp, rtcp };
SessionKeys derive(SrtpProfile profile, const Secret& master, Family family);
/// RFC 3711 §4.3.3: `count` bytes of AES-CM under `master_key` with `label`. `salt` has 14 bytes.
Bytes derive_bytes(ByteView master_key, ByteView salt, std::uint8_t label, std::size_t count);

inline constexpr std::size_t kGcmTag = 16;   ///< RFC 7714 §14.2
inline constexpr std::size_t kSha1Tag = 10;  ///< RFC 3711 §4.2.1: 80 bits

/// AES-CM (RFC 3711 §4.1.1); the same both ways. `index` has 48 bits.
Bytes aes_cm(const SessionKeys& keys, std::uint32_t ssrc, std::uint64_t index, ByteView text);
/// HMAC-SHA1 over `packet` and `trailer`, cut to 80 bits.
Bytes hmac_tag(const SessionKeys& keys, ByteView packet, ByteView trailer);

using GcmIv = std::array<std::uint8_t, 12>;
/// RFC 7714 §8.1 (RTP) and §9.1 (RTCP: `low` is the index, `high` 0).
GcmIv gcm_iv_rtp(const SessionKeys& keys, std::uint32_t ssrc, std::uint64_t index);
GcmIv gcm_iv_rtcp(const SessionKeys& keys, std::uint32_t ssrc, std::uint32_t index);
/// Ciphertext with its tag behind it.
Bytes gcm_seal(const SessionKeys& keys, const GcmIv& iv, ByteView associated, ByteView text);
/// nullopt: not authentic.
std::optional<Bytes> gcm_open(const SessionKeys& keys, const GcmIv& iv, ByteView associated, ByteView sealed);

bool equal_in_constant_time(ByteView left, ByteView right);

}  // namespace lkdoctor::proto::srtp
