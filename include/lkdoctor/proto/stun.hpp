// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// STUN messages (RFC 8489), without I/O. Credentials and integrity are not part of this file.
namespace lkdoctor::proto {

using TransactionId = std::array<std::uint8_t, 12>;

inline constexpr std::uint16_t kStunBinding = 0x001;  ///< RFC 8489 §18.2

/// Attribute types: RFC 8489 §18.3, RFC 5780 §9.1, RFC 8445 §16.1.
namespace stun_attribute {
inline constexpr std::uint16_t kMappedAddress = 0x0001;
inline constexpr std::uint16_t kUsername = 0x0006;
inline constexpr std::uint16_t kErrorCode = 0x0009;
inline constexpr std::uint16_t kXorMappedAddress = 0x0020;
inline constexpr std::uint16_t kSoftware = 0x8022;
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
};

/// nullopt: not a STUN message (first two bits, cookie, length, attribute lengths). The message must fill the
/// datagram exactly.
std::optional<StunMessage> decode_stun(ByteView datagram);
/// Throws std::length_error if the attributes do not fit the 16-bit length.
Bytes encode_stun(const StunMessage& message);

TransactionId random_transaction_id();

/// A Binding request with a fresh transaction id; with USERNAME unless `username` is empty.
StunMessage binding_request(std::string_view username = {});
/// An address attribute for `message`. REQUIRES: is_numeric_address(endpoint.address).
StunAttribute xor_mapped_address(const Endpoint& endpoint, const TransactionId& id);
StunAttribute plain_address(std::uint16_t type, const Endpoint& endpoint);

/// RFC 4571 §2: two bytes of length in front of each message on a stream. REQUIRES: message.size() < 65536.
Bytes framed(ByteView message);

}  // namespace lkdoctor::proto
