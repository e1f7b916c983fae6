// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor::config {

/// `rtc.udp_port`: one port, or first and last of several that are all used as muxes.
struct UdpPort {
  int start = 0, end = 0;

  /// Reads "7882" or "7882-7892" over what is there. Returns the server's refusal, "" if it is none.
  std::string read(std::string_view text);
};
std::string check_udp_port(std::string_view text);

/// `rtc.node_ip` since 1.10: at most one address of each family.
struct NodeIp {
  std::string v4, v6;

  std::string read(std::string_view text);
  bool empty() const noexcept { return v4.empty() && v6.empty(); }
};
std::string check_node_ip(std::string_view text);

/// Go's net.ParseIP in canonical spelling; IPv4 in IPv6 becomes IPv4. nullopt: no address.
std::optional<std::string> go_ip(std::string_view text);
bool is_ipv4(std::string_view address);

/// A certificate name as the server's TURN check demands it.
bool is_turn_domain(std::string_view text);

/// Go's net.ParseCIDR.
bool is_cidr(std::string_view text);

}  // namespace lkdoctor::config
