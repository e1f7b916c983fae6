// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lkdoctor::respond {

/// A network whose clients are answered: "192.0.2.0/24", "2001:db8::/32", or one address.
class Network {
 public:
  /// nullopt: neither an address nor a network.
  static std::optional<Network> from(std::string_view text);
  bool has(const std::string& address) const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // IPv4 as IPv4-mapped
  unsigned bits_ = 0;
};
/// Empty: everybody may.
bool is_among(const std::vector<Network>& allowed, const std::string& address);
/// Whom one user may have as addresses: the /24 (IPv4) or /64 around it.
std::string neighbourhood(const std::string& address);

}  // namespace lkdoctor::respond
