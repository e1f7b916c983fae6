// SPDX-License-Identifier: EUPL-1.2
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <lkdoctor/proto/stun.hpp>
#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kHeaderBytes = 20;                 // RFC 8489 §5
constexpr std::size_t kHmacBytes = 20;                   // SHA-1, RFC 8489 §14.5
constexpr std::size_t kIntegrityBytes = 4 + kHmacBytes;  // with the attribute's own header
constexpr std::size_t kFingerprintBytes = 8;             // RFC 8489 §14.7
constexpr std::uint32_t kFingerprintMask = 0x5354554e;   // RFC 8489 §14.7
constexpr std::uint32_t kCrcPolynomial = 0xedb88320;     // ITU V.42, reflected
using Hmac = std::array<std::uint8_t, kHmacBytes>;

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kCrcPolynomial : 0U);
  }
  return ~crc;
}

/// HMAC-SHA1 over `covered` as if its length field said `body` (RFC 8489 §14.5: up to and including
/// MESSAGE-INTEGRITY).
Hmac hmac_of(ByteView covered, std::size_t body, ByteView key) {
  Bytes copy(covered.begin(), covered.end());
  copy[2] = static_cast<std::uint8_t>(body >> 8U);
  copy[3] = static_cast<std::uint8_t>(body);
  Hmac out{};
  unsigned size = 0;
  if (HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), copy.data(), copy.size(), out.data(),
           &size) == nullptr) {
    throw std::runtime_error("HMAC-SHA1 is not available");
  }
  return out;
}

/// Where the attribute of this type begins; 0: nowhere. REQUIRES: decode_stun(datagram) has a value.
std::size_t place_of(ByteView datagram, std::uint16_t wanted) {
  Reader in(datagram);
  in.skip(kHeaderBytes);
  while (in.left() > 0) {
    const std::size_t at = in.position();
    const std::uint16_t type = in.u16();
    const std::uint16_t size = in.u16();
    if (type == wanted) return at;
    in.skip((size + 3U) / 4U * 4U);
    if (in.failed()) return 0;
  }
  return 0;
}

}  // namespace

Bytes short_term_key(const Secret& password) {
  return {password.reveal().begin(), password.reveal().end()};
}

Bytes long_term_key(std::string_view user, std::string_view realm, const Secret& password) {
  Writer text;
  text.text(user).text(":").text(realm).text(":").text(password.reveal());
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_Digest(text.done().data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("MD5 is not available");
  }
  digest.resize(size);
  return digest;
}

Bytes encode_stun(const StunMessage& message, const StunSigning& signing) {
  StunMessage signed_message = message;
  if (!signing.key.empty()) {
    const Bytes so_far = encode_stun(message);
    const Hmac hmac = hmac_of(so_far, so_far.size() - kHeaderBytes + kIntegrityBytes, signing.key);
    signed_message.add(stun_attribute::kMessageIntegrity, hmac);
  }
  if (!signing.fingerprint) return encode_stun(signed_message);
  signed_message.add_u32(stun_attribute::kFingerprint, 0);
  Bytes out = encode_stun(signed_message);
  const std::uint32_t crc = crc32(ByteView(out).first(out.size() - kFingerprintBytes)) ^ kFingerprintMask;
  for (std::size_t i = 0; i < 4; ++i)
    out[out.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  return out;
}

bool integrity_ok(ByteView datagram, ByteView key) {
  const auto message = decode_stun(datagram);
  if (!message || key.empty()) return false;
  const StunAttribute* attribute = message->find(stun_attribute::kMessageIntegrity);
  if (attribute == nullptr || attribute->value.size() != kHmacBytes) return false;
  const std::size_t at = place_of(datagram, stun_attribute::kMessageIntegrity);
  const Hmac expected = hmac_of(datagram.first(at), at - kHeaderBytes + kIntegrityBytes, key);
  return CRYPTO_memcmp(expected.data(), attribute->value.data(), kHmacBytes) == 0;
}

bool fingerprint_ok(ByteView datagram) {
  const auto message = decode_stun(datagram);
  if (!message || message->attributes.empty()) return false;
  const StunAttribute& last = message->attributes.back();
  if (last.type != stun_attribute::kFingerprint || last.value.size() != 4) return false;
  Reader in(last.value);
  return in.u32() == (crc32(datagram.first(datagram.size() - kFingerprintBytes)) ^ kFingerprintMask);
}

}  // namespace lkdoctor::proto
