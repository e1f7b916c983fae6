// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "respond/network.hpp"

namespace lkdoctor::respond {
namespace {

constexpr unsigned kMappedBits = 96;

/// True for IPv4, which is written as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2). nullopt: no address.
std::optional<bool> parse(const std::string& text, std::array<std::uint8_t, 16>& into) {
  if (inet_pton(AF_INET6, text.c_str(), into.data()) == 1) return false;
  into = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, text.c_str(), into.data() + kMappedBits / 8) == 1) return true;
  return std::nullopt;
}

}  // namespace

std::optional<Network> Network::from(std::string_view text) {
  const std::size_t slash = text.find('/');
  Network out;
  const auto ipv4 = parse(std::string(text.substr(0, slash)), out.bytes_);
  if (!ipv4) return std::nullopt;
  const unsigned most = *ipv4 ? 32 : 128;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (error != std::errc{} || end != number.data() + number.size() || bits > most) return std::nullopt;
  }
  out.bits_ = bits + (*ipv4 ? kMappedBits : 0);
  return out;
}

bool Network::has(const std::string& address) const {
  std::array<std::uint8_t, 16> other{};
  if (!parse(address, other)) return false;
  for (unsigned bit = 0; bit < bits_; ++bit) {
    const unsigned shift = 7 - bit % 8;
    if (((bytes_[bit / 8] ^ other[bit / 8]) >> shift & 1U) != 0) return false;
  }
  return true;
}

bool is_among(const std::vector<Network>& allowed, const std::string& address) {
  return allowed.empty() ||
         std::ranges::any_of(allowed, [&](const Network& one) { return one.has(address); });
}

std::string neighbourhood(const std::string& address) {
  constexpr std::size_t kOfIpv4 = 15, kOfIpv6 = 8;  // IPv4-mapped, all but the last byte
  std::array<std::uint8_t, 16> bytes{};
  const auto ipv4 = parse(address, bytes);
  if (!ipv4) return address;
  return {bytes.begin(), bytes.begin() + (*ipv4 ? kOfIpv4 : kOfIpv6)};
}

}  // namespace lkdoctor::respond
