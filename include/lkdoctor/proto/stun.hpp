// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/secret.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// STUN messages (RFC 8489) with their signatures, without I/O.
namespace lkdoctor::proto {

using TransactionId = std::array<std::uint8_t, 12>;

inline constexpr std::uint16_t kStunBinding = 0x001;  ///< RFC 8489 §18.2

/// Attribute types: RFC 8489 §18.3, RFC 5780 §9.1, RFC 8445 §16.1.
namespace stun_attribute {
inline constexpr std::uint16_t kMappedAddress = 0x0001;
inline constexpr std::uint16_t kUsername = 0x0006;
inline constexpr std::uint16_t kMessageIntegrity = 0x0008;
inline constexpr std::uint16_t kErrorCode = 0x0009;
inline constexpr std::uint16_t kRealm = 0x0014;
inline constexpr std::uint16_t kNonce = 0x0015;
inline constexpr std::uint16_t kXorMappedAddress = 0x0020;
inline constexpr std::uint16_t kPriority = 0x0024;
inline constexpr std::uint16_t kUseCandidate = 0x0025;
inline constexpr std::uint16_t kSoftware = 0x8022;
inline constexpr std::uint16_t kFingerprint = 0x8028;
inline constexpr std::uint16_t kIceControlled = 0x8029;
inline constexpr std::uint16_t kIceControlling = 0x802a;
inline constexpr std::uint16_t kOtherAddress = 0x802c;
}  // namespace stun_attribute

enum class StunClass { request, indication, success, error };

struct StunAttribute {
  std::uint16_t type = 0;
  Bytes value;
};

/// A decoded message. Unknown attributes are kept as they are.
struct StunMessage {
  StunClass kind = StunClass::request;
  std::uint16_t method = kStunBinding;
  TransactionId id{};
  std::vector<StunAttribute> attributes;

  const StunAttribute* find(std::uint16_t type) const;
  /// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS (RFC 8489 §14.1, §14.2).
  std::optional<Endpoint> mapped_address() const;
  /// OTHER-ADDRESS (RFC 5780 §7.4).
  std::optional<Endpoint> other_address() const;
  std::optional<int> error_code() const;
  /// The words beside the code, as the peer sent them, at most 128 bytes.
  std::string error_reason() const;
  /// Any address attribute that is XORed (RFC 8489 §14.2, RFC 8656 §18.3, §18.5).
  std::optional<Endpoint> xored_address(std::uint16_t type) const;
  /// "" if there is none.
  std::string text_of(std::uint16_t type) const;

  StunMessage& add(std::uint16_t type, ByteView value);
  StunMessage& add_text(std::uint16_t type, std::string_view text);
  StunMessage& add_u32(std::uint16_t type, std::uint32_t value);
  /// REQUIRES: is_numeric_address(endpoint.address); id is final.
  StunMessage& add_xored(std::uint16_t type, const Endpoint& endpoint);
};

/// nullopt: not a STUN message (first two bits, cookie, length, attribute lengths). The message must fill the
/// datagram exactly.
std::optional<StunMessage> decode_stun(ByteView datagram);
/// Throws std::length_error if the attributes do not fit the 16-bit length.
Bytes encode_stun(const StunMessage& message);

/// How a message is closed off.
struct StunSigning {
  Bytes key;                ///< empty: no MESSAGE-INTEGRITY
  bool fingerprint = true;  ///< RFC 8489 §14.7
};
/// The key of short-term credentials is the password itself (RFC 8489 §9.1.1).
Bytes short_term_key(const Secret& password);
/// MD5 of "user:realm:password" (RFC 8489 §9.2.2); the password as it is, without SASLprep.
Bytes long_term_key(std::string_view user, std::string_view realm, const Secret& password);
/// REQUIRES: no MESSAGE-INTEGRITY and no FINGERPRINT among the attributes. Throws as encode_stun(message).
Bytes encode_stun(const StunMessage& message, const StunSigning& signing);
/// False also if there is no MESSAGE-INTEGRITY or the datagram is no STUN message.
bool integrity_ok(ByteView datagram, ByteView key);
/// False also if FINGERPRINT is missing or not the last attribute.
bool fingerprint_ok(ByteView datagram);

TransactionId random_transaction_id();

/// A Binding request with a fresh transaction id; with USERNAME unless `username` is empty.
StunMessage binding_request(std::string_view username = {});
/// An address attribute for `message`. REQUIRES: is_numeric_address(endpoint.address).
StunAttribute xor_mapped_address(const Endpoint& endpoint, const TransactionId& id);
StunAttribute plain_address(std::uint16_t type, const Endpoint& endpoint);

/// RFC 4571 §2: two bytes of length in front of each message on a stream. REQUIRES: message.size() < 65536.
Bytes framed(ByteView message);

}  // namespace lkdoctor::proto
