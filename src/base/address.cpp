// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <lkdoctor/address.hpp>

namespace lkdoctor {
namespace {

using V4 = std::uint32_t;
using V6 = std::array<unsigned char, 16>;

std::optional<V4> parse_v4(const std::string& text) {
  in_addr raw{};
  if (inet_pton(AF_INET, text.c_str(), &raw) != 1) return std::nullopt;
  return ntohl(raw.s_addr);
}

std::optional<V6> parse_v6(const std::string& text) {
  V6 raw{};
  if (inet_pton(AF_INET6, text.c_str(), raw.data()) != 1) return std::nullopt;
  return raw;
}

struct V4Block {
  V4 network;
  unsigned prefix;
  AddressKind kind;
};

/// RFC 6890 and the registry behind it. 192.0.2/24, 198.51.100/24 and 203.0.113/24 are left out on purpose.
constexpr std::array<V4Block, 12> kV4Blocks{{
    {0x00000000, 8, AddressKind::unspecified},
    {0x0a000000, 8, AddressKind::private_use},
    {0x64400000, 10, AddressKind::carrier_nat},
    {0x7f000000, 8, AddressKind::loopback},
    {0xa9fe0000, 16, AddressKind::link_local},
    {0xac100000, 12, AddressKind::private_use},
    {0xc0000000, 24, AddressKind::reserved},
    {0xc0a80000, 16, AddressKind::private_use},
    {0xc6120000, 15, AddressKind::reserved},
    {0xe0000000, 4, AddressKind::multicast},
    {0xf0000000, 4, AddressKind::reserved},
    {0xffffffff, 32, AddressKind::reserved},
}};

AddressKind kind_of_v4(V4 address) {
  for (const V4Block& block : kV4Blocks) {
    if ((address ^ block.network) >> (32 - block.prefix) == 0) return block.kind;
  }
  return AddressKind::global;
}

AddressKind kind_of_v6(const V6& address) {
  const V6 zero{};
  if (address == zero) return AddressKind::unspecified;
  V6 one{};
  one[15] = 1;
  if (address == one) return AddressKind::loopback;
  V6 mapped{};
  mapped[10] = mapped[11] = 0xff;
  if (std::memcmp(address.data(), mapped.data(), 12) == 0) {
    V4 inner = 0;
    for (std::size_t i = 12; i < 16; ++i) inner = inner << 8U | address[i];
    return kind_of_v4(inner);
  }
  if (address[0] == 0xff) return AddressKind::multicast;
  if (address[0] == 0xfe && (address[1] & 0xc0U) == 0x80U) return AddressKind::link_local;
  if ((address[0] & 0xfeU) == 0xfcU) return AddressKind::unique_local;
  if ((address[0] & 0xe0U) == 0x20U) return AddressKind::global;
  return AddressKind::reserved;
}

}  // namespace

std::string text(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address + "]" : endpoint.address) + ":" + std::to_string(endpoint.port);
}

AddressKind kind_of(std::string_view address) {
  if (address.find('\0') != std::string_view::npos)
    return AddressKind::invalid;  // C would stop reading there
  const std::string copy(address);
  if (const auto v4 = parse_v4(copy)) return kind_of_v4(*v4);
  if (const auto v6 = parse_v6(copy)) return kind_of_v6(*v6);
  return AddressKind::invalid;
}

bool is_numeric_address(std::string_view text) {
  return kind_of(text) != AddressKind::invalid;
}
bool is_global(std::string_view address) {
  return kind_of(address) == AddressKind::global;
}

bool is_in_docker_pool(std::string_view address) {
  if (!address.starts_with("172.")) return false;
  const int second = std::atoi(std::string(address.substr(4)).c_str());
  return second >= 17 && second <= 31;
}
Family family_of(std::string_view address) {
  return address.find(':') == std::string_view::npos ? Family::ipv4 : Family::ipv6;
}

}  // namespace lkdoctor
