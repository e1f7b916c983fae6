// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_ports.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <lkdoctor/text.hpp>
#include <vector>

namespace lkdoctor::config {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// strconv.Atoi, with its error.
std::string read_number(std::string_view text, int& out) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  long long value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || (digits != text && digits.starts_with('-')) || end != digits.data() + digits.size()) {
    return fmt::format("strconv.Atoi: parsing \"{}\": invalid syntax", text);
  }
  if (error != std::errc{}) return fmt::format("strconv.Atoi: parsing \"{}\": value out of range", text);
  out = static_cast<int>(std::min<long long>(value, 2'000'000'000));
  return {};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string UdpPort::read(std::string_view text) {
  if (text.empty()) return {};
  if (text.find('-') == std::string_view::npos) {
    int port = 0;
    const std::string error = read_number(text, port);
    if (!error.empty()) return fmt::format("invalid port {}: {}", text, error);
    start = port;
    return {};
  }
  const auto parts = split(text, '-');
  if (parts.size() != 2) return fmt::format("invalid port range {}, should be <start>-<end>", text);
  int first = 0, last = 0;
  std::string error = read_number(without_blanks(parts[0]), first);
  if (!error.empty()) return fmt::format("invalid start port {}: {}", parts[0], error);
  error = read_number(without_blanks(parts[1]), last);
  if (!error.empty()) return fmt::format("invalid end port {}: {}", parts[1], error);
  if (last <= first) return fmt::format("end port {} must be greater than start port {}", last, first);
  start = first;
  end = last;
  return {};
}

std::string check_udp_port(std::string_view text) {
  UdpPort port;
  return port.read(text);
}

std::string NodeIp::read(std::string_view text) {
  if (text.empty()) return {};
  const auto parts = split(text, ',');
  if (parts.size() > 2) return fmt::format("invalid node ip {}, should be <ipv4>,<ipv6>", text);
  for (const std::string_view part : parts) {
    const auto address = go_ip(without_blanks(part));
    if (!address) return fmt::format("invalid ip {}", part);
    std::string& slot = is_ipv4(*address) ? v4 : v6;
    if (!slot.empty()) {
      return fmt::format("multiple {} addresses provided: {} and {}", is_ipv4(*address) ? "ipv4" : "ipv6",
                         slot, *address);
    }
    slot = *address;
  }
  return {};
}

std::string check_node_ip(std::string_view text) {
  NodeIp address;
  return address.read(text);
}

std::optional<std::string> go_ip(std::string_view text) {
  const std::string terminated(text);
  std::array<char, INET6_ADDRSTRLEN> out{};
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    return std::string(inet_ntop(AF_INET, &v4, out.data(), out.size()));
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return std::nullopt;
  // RFC 4291 §2.5.5.2: the last 32 bits are the IPv4 address.
  if (IN6_IS_ADDR_V4MAPPED(&v6))
    return std::string(inet_ntop(AF_INET, &v6.s6_addr[12], out.data(), out.size()));
  return std::string(inet_ntop(AF_INET6, &v6, out.data(), out.size()));
}

bool is_ipv4(std::string_view address) {
  return address.find(':') == std::string_view::npos;
}

bool is_turn_domain(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto labels = split(text, '.');
  if (labels.size() < 2) return false;
  for (const std::string_view label : labels) {
    const std::string lower = to_lower_ascii(label);
    if (label.empty() ||
        lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
      return false;
  }
  return true;
}

bool is_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view address = text.substr(0, slash);
  const std::string_view bits = text.substr(slash + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), number);
  if (bits.empty() || error != std::errc{} || end != bits.data() + bits.size() || number < 0) return false;
  return go_ip(address).has_value() && number <= (is_ipv4(address) ? 32 : 128);
}

}  // namespace lkdoctor::config
