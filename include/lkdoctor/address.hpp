// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <lkdoctor/json.hpp>

namespace lkdoctor {

/// A numeric address and a port.
struct Endpoint {
  std::string address;  ///< textual IPv4 or IPv6, no brackets
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};
LKDOCTOR_JSON(Endpoint, address, port)
std::string text(const Endpoint& endpoint);  ///< "198.51.100.23:443", "[2001:db8::1]:443"

enum class Family { ipv4, ipv6 };
NLOHMANN_JSON_SERIALIZE_ENUM(Family, {{Family::ipv4, "ipv4"}, {Family::ipv6, "ipv6"}})

/// What kind of address this is, by the IANA special-purpose registries (RFC 6890). The documentation
/// networks count as global: examples and labs use them in place of real ones.
enum class AddressKind {
  invalid,
  global,
  private_use,
  carrier_nat,
  link_local,
  unique_local,
  loopback,
  unspecified,
  multicast,
  reserved
};
AddressKind kind_of(std::string_view address);
bool is_numeric_address(std::string_view text);
bool is_global(std::string_view address);
/// Docker's default pool for bridges: 172.17.0.0/16 to 172.31.0.0/16. Real networks use these, too.
bool is_in_docker_pool(std::string_view address);
Family family_of(std::string_view address);  ///< REQUIRES: is_numeric_address(address)

}  // namespace lkdoctor
