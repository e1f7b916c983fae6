// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <lkdoctor/address.hpp>
#include <lkdoctor/bytes.hpp>
#include <optional>
#include <string>
#include <vector>

/// STUN messages (RFC 8489), client side. No I/O.
namespace lkdoctor::proto {

using TransactionId = std::array<std::uint8_t, 12>;

enum class StunClass { request, indication, success, error };

struct StunAttribute {
  std::uint16_t type = 0;
  Bytes value;
};

/// A decoded message. Unknown attributes are kept as they are.
struct StunMessage {
  StunClass kind = StunClass::request;
  std::uint16_t method = 1;  ///< 0x001 Binding
  TransactionId id{};
  std::vector<StunAttribute> attributes;

  const StunAttribute* find(std::uint16_t type) const;
  /// XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS (RFC 8489 §14.1, §14.2).
  std::optional<Endpoint> mapped_address() const;
  /// OTHER-ADDRESS (RFC 5780 §7.4).
  std::optional<Endpoint> other_address() const;
  std::optional<int> error_code() const;
};

/// nullopt: not a STUN message (first two bits, cookie, length, attribute lengths).
std::optional<StunMessage> decode_stun(ByteView datagram);
Bytes encode_stun(const StunMessage& message);

TransactionId random_transaction_id();

/// RFC 4571: two bytes of length in front of each message on a stream.
Bytes framed(ByteView message);

}  // namespace lkdoctor::proto
