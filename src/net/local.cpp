// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <lkdoctor/address.hpp>
#include <lkdoctor/net/local.hpp>
#include <memory>
#include <span>

#include "base/address_text.hpp"

namespace lkdoctor::net {
namespace {

using RawAddress = std::array<std::uint8_t, 16>;

/// 4 or 16; 0: not numeric.
std::size_t raw_address(std::string_view text, RawAddress& out) {
  const std::string copy(text);
  if (inet_pton(AF_INET, copy.c_str(), out.data()) == 1) return 4;
  return inet_pton(AF_INET6, copy.c_str(), out.data()) == 1 ? 16 : 0;
}

const std::uint8_t* bytes_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
  }
  return reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

bool is_usable(const ifaddrs& interface) {
  if (interface.ifa_addr == nullptr || interface.ifa_netmask == nullptr) return false;
  if ((interface.ifa_flags & IFF_UP) == 0) return false;
  if (interface.ifa_addr->sa_family == AF_INET) return true;
  return interface.ifa_addr->sa_family == AF_INET6 &&
         !IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr)->sin6_addr);
}

LocalAddress read_interface(const ifaddrs& interface) {
  const std::size_t size = interface.ifa_addr->sa_family == AF_INET ? 4 : 16;
  LocalAddress out{interface.ifa_name, address_text({bytes_of(interface.ifa_addr), size}), 0,
                   (interface.ifa_flags & IFF_LOOPBACK) != 0};
  for (const std::uint8_t byte : std::span(bytes_of(interface.ifa_netmask), size)) {
    out.prefix_length += static_cast<unsigned>(std::popcount(byte));
  }
  return out;
}

template <class Number>
bool read_number(std::string_view text, Number& out, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "0100007F:1EC8" or 32 digits for IPv6: words in the host's byte order (Linux, seq_printf of s6_addr32).
bool read_endpoint(std::string_view text, Listener& out) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return false;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < colon / 8; ++i) {
    if (!read_number(text.substr(i * 8, 8), words.at(i), 16)) return false;
  }
  out.address = address_text({reinterpret_cast<const std::uint8_t*>(words.data()), colon / 2});
  return read_number(text.substr(colon + 1), out.port, 16);
}

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

/// `wanted`: in the column `st`; empty: any.
std::vector<Listener> parse_sockets(std::string_view table, std::string_view wanted,
                                    std::vector<std::uint64_t>& inodes) {
  constexpr std::size_t kLocal = 1, kState = 3, kInode = 9;  // columns (proc(5))
  std::vector<Listener> out;
  while (!table.empty()) {
    std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    std::array<std::string_view, kInode + 1> words;
    for (std::string_view& word : words) word = next_word(line);
    std::uint64_t inode = 0;
    Listener listener;
    if (!read_number(words[kInode], inode, 10) || (!wanted.empty() && words[kState] != wanted)) continue;
    if (!read_endpoint(words[kLocal], listener)) continue;
    out.push_back(std::move(listener));
    inodes.push_back(inode);
  }
  return out;
}

}  // namespace

bool LocalAddress::on_link(std::string_view other) const {
  RawAddress mine{};
  RawAddress theirs{};
  const std::size_t size = raw_address(address, mine);
  if (size == 0 || raw_address(other, theirs) != size) return false;
  for (unsigned bit = 0; bit < prefix_length && bit < size * 8; ++bit) {
    const unsigned shift = 7 - bit % 8;
    if (((mine.at(bit / 8) ^ theirs.at(bit / 8)) >> shift & 1U) != 0) return false;
  }
  return true;
}

std::vector<LocalAddress> interface_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, &freeifaddrs);
  std::vector<LocalAddress> out;
  for (const ifaddrs* interface = first; interface != nullptr; interface = interface->ifa_next) {
    if (is_usable(*interface)) out.push_back(read_interface(*interface));
  }
  return out;
}

std::vector<Listener> parse_listeners(std::string_view table, std::vector<std::uint64_t>& inodes) {
  constexpr std::string_view kListen = "0A";  // TCP_LISTEN in the column `st`
  return parse_sockets(table, kListen, inodes);
}

std::vector<Listener> parse_udp_sockets(std::string_view table, std::vector<std::uint64_t>& inodes) {
  return parse_sockets(table, {}, inodes);
}

}  // namespace lkdoctor::net
