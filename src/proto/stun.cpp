// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <lkdoctor/proto/stun.hpp>
#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr std::uint32_t kCookie = 0x2112a442;   // RFC 8489 §5
constexpr std::size_t kHeaderBytes = 20;        // RFC 8489 §5
constexpr std::uint8_t kFamilyIpv4 = 0x01;      // RFC 8489 §14.1
constexpr std::uint8_t kFamilyIpv6 = 0x02;      // RFC 8489 §14.1
constexpr std::size_t kLongestBody = 0xffff;    // the length field has 16 bits
constexpr std::size_t kAttributeLimit = 0x100;  // ours; real messages have fewer than 20

std::size_t padding_after(std::size_t size) {
  return (4 - size % 4) % 4;  // RFC 8489 §14
}

/// RFC 8489 §5: 0b00 M11-M7 C1 M6-M4 C0 M3-M0.
std::uint16_t type_of(StunClass kind, std::uint16_t method) {
  const auto bits = static_cast<unsigned>(kind);
  const unsigned m = method;
  return static_cast<std::uint16_t>((m & 0x00fU) | (m & 0x070U) << 1U | (m & 0xf80U) << 2U |
                                    (bits & 1U) << 4U | (bits & 2U) << 7U);
}
StunClass class_of(std::uint16_t type) {
  return static_cast<StunClass>((type >> 4U & 1U) | (type >> 7U & 2U));
}
std::uint16_t method_of(std::uint16_t type) {
  return static_cast<std::uint16_t>((type & 0x00fU) | (type >> 1U & 0x070U) | (type >> 2U & 0xf80U));
}

/// The mask of RFC 8489 §14.2: the cookie, then the transaction id.
std::array<std::uint8_t, 16> mask_of(const TransactionId& id) {
  std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::ranges::copy(id, mask.begin() + 4);
  return mask;
}

std::optional<Endpoint> read_address(const StunAttribute* attribute, const TransactionId* xored_with) {
  if (attribute == nullptr) return std::nullopt;
  const auto mask = xored_with ? mask_of(*xored_with) : std::array<std::uint8_t, 16>{};
  Reader in(attribute->value);
  in.skip(1);  // "MUST be ignored by receivers"
  const std::uint8_t family = in.u8();
  std::uint16_t port = in.u16();
  const ByteView raw = in.view(family == kFamilyIpv6 ? 16 : 4);
  if (in.failed() || in.left() != 0 || (family != kFamilyIpv4 && family != kFamilyIpv6)) return std::nullopt;
  port = static_cast<std::uint16_t>(port ^ (mask[0] << 8U | mask[1]));
  std::array<std::uint8_t, 16> address{};
  std::ranges::transform(raw, mask, address.begin(),
                         [](std::uint8_t byte, std::uint8_t key) { return byte ^ key; });
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family == kFamilyIpv4 ? AF_INET : AF_INET6, address.data(), text.data(), text.size());
  return Endpoint{text.data(), port};
}

StunAttribute write_address(std::uint16_t type, const Endpoint& endpoint,
                            const std::array<std::uint8_t, 16>& mask) {
  const bool v4 = family_of(endpoint.address) == Family::ipv4;
  std::array<std::uint8_t, 16> address{};
  // A link-local address comes with its interface ("fe80::1%eth0"), which means nothing to the peer.
  const std::string bare = endpoint.address.substr(0, endpoint.address.find('%'));
  if (inet_pton(v4 ? AF_INET : AF_INET6, bare.c_str(), address.data()) != 1) {
    throw std::invalid_argument("not a numeric address");
  }
  std::ranges::transform(address, mask, address.begin(),
                         [](std::uint8_t byte, std::uint8_t key) { return byte ^ key; });
  Writer out;
  out.u8(0).u8(v4 ? kFamilyIpv4 : kFamilyIpv6);
  out.u16(static_cast<std::uint16_t>(endpoint.port ^ (mask[0] << 8U | mask[1])));
  out.bytes(ByteView(address).first(v4 ? 4 : 16));
  return {type, out.take()};
}

}  // namespace

const StunAttribute* StunMessage::find(std::uint16_t type) const {
  const auto found = std::ranges::find(attributes, type, &StunAttribute::type);
  return found == attributes.end() ? nullptr : &*found;
}

std::optional<Endpoint> StunMessage::mapped_address() const {
  if (const auto xored = read_address(find(stun_attribute::kXorMappedAddress), &id)) return xored;
  return read_address(find(stun_attribute::kMappedAddress), nullptr);
}

std::optional<Endpoint> StunMessage::other_address() const {
  return read_address(find(stun_attribute::kOtherAddress), nullptr);
}

std::optional<Endpoint> StunMessage::xored_address(std::uint16_t type) const {
  return read_address(find(type), &id);
}

std::string StunMessage::text_of(std::uint16_t type) const {
  const StunAttribute* attribute = find(type);
  return attribute == nullptr ? std::string() : std::string(attribute->value.begin(), attribute->value.end());
}

std::string StunMessage::error_reason() const {
  constexpr std::size_t kCodeBytes = 4;
  constexpr std::size_t kLongestReason = 128;  // characters, RFC 8489 §14.8; bytes here
  const std::string value = text_of(stun_attribute::kErrorCode);
  return value.size() <= kCodeBytes ? std::string() : value.substr(kCodeBytes, kLongestReason);
}

StunMessage& StunMessage::add(std::uint16_t type, ByteView value) {
  attributes.push_back({type, Bytes(value.begin(), value.end())});
  return *this;
}

StunMessage& StunMessage::add_text(std::uint16_t type, std::string_view text) {
  attributes.push_back({type, Bytes(text.begin(), text.end())});
  return *this;
}

StunMessage& StunMessage::add_u32(std::uint16_t type, std::uint32_t value) {
  Writer out;
  out.u32(value);
  attributes.push_back({type, out.take()});
  return *this;
}

StunMessage& StunMessage::add_xored(std::uint16_t type, const Endpoint& endpoint) {
  attributes.push_back(write_address(type, endpoint, mask_of(id)));
  return *this;
}

std::optional<int> StunMessage::error_code() const {
  const StunAttribute* attribute = find(stun_attribute::kErrorCode);
  if (attribute == nullptr) return std::nullopt;
  Reader in(attribute->value);
  in.skip(2);  // reserved, RFC 8489 §14.8
  const int hundreds = in.u8() & 0x07;
  const int rest = in.u8();
  if (in.failed() || hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return hundreds * 100 + rest;
}

std::optional<StunMessage> decode_stun(ByteView datagram) {
  Reader in(datagram);
  const std::uint16_t type = in.u16();
  const std::uint16_t length = in.u16();
  const std::uint32_t cookie = in.u32();
  StunMessage message;
  std::ranges::copy(in.view(message.id.size()), message.id.begin());
  if (in.failed() || type >> 14U != 0 || cookie != kCookie || length % 4 != 0) return std::nullopt;
  if (in.left() != length) return std::nullopt;
  message.kind = class_of(type);
  message.method = method_of(type);
  while (in.left() > 0) {
    StunAttribute attribute;
    attribute.type = in.u16();
    const std::uint16_t size = in.u16();
    const ByteView value = in.view(size);
    in.skip(padding_after(size));
    if (in.failed() || message.attributes.size() == kAttributeLimit) return std::nullopt;
    attribute.value.assign(value.begin(), value.end());
    message.attributes.push_back(std::move(attribute));
  }
  return message;
}

Bytes encode_stun(const StunMessage& message) {
  Writer out;
  out.u16(type_of(message.kind, message.method)).u16(0).u32(kCookie).bytes(message.id);
  for (const StunAttribute& attribute : message.attributes) {
    const std::size_t size = attribute.value.size();
    if (size > kLongestBody) throw std::length_error("STUN attribute too long");
    out.u16(attribute.type).u16(static_cast<std::uint16_t>(size)).bytes(attribute.value);
    for (std::size_t i = padding_after(size); i > 0; --i) out.u8(0);
  }
  const std::size_t body = out.size() - kHeaderBytes;
  if (body > kLongestBody) throw std::length_error("STUN message too long");
  out.put_u16(2, static_cast<std::uint16_t>(body));
  return out.take();
}

TransactionId random_transaction_id() {
  TransactionId id{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1) throw std::runtime_error("no random numbers");
  return id;
}

StunMessage binding_request(std::string_view username) {
  StunMessage message;
  message.id = random_transaction_id();
  if (!username.empty()) {
    message.attributes.push_back({stun_attribute::kUsername, Bytes(username.begin(), username.end())});
  }
  return message;
}

StunAttribute xor_mapped_address(const Endpoint& endpoint, const TransactionId& id) {
  return write_address(stun_attribute::kXorMappedAddress, endpoint, mask_of(id));
}

StunAttribute plain_address(std::uint16_t type, const Endpoint& endpoint) {
  return write_address(type, endpoint, {});
}

Bytes framed(ByteView message) {
  if (message.size() > kLongestBody) throw std::length_error("frame too long");
  Writer out;
  out.u16(static_cast<std::uint16_t>(message.size())).bytes(message);
  return out.take();
}

}  // namespace lkdoctor::proto
