// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <optional>

/// UDP as sockets show it that hand over headers, too: raw(7), packet(7).
namespace lkdoctor::respond {

inline constexpr std::uint32_t kUdpHeader = 8, kUdpPort = 2, kUdpChecksum = 6;  // RFC 768; ours is the second
inline constexpr std::uint32_t kIpv6Header = 40;                                // RFC 8200 §3

/// The length of an IPv4 header, as it says itself (RFC 791 §3.1, IHL).
inline std::size_t ipv4_header(ByteView packet) {
  return packet.empty() ? 0 : (packet[0] & 0x0fU) * 4U;
}

struct UdpDatagram {
  std::uint16_t source = 0, destination = 0;
  ByteView payload;  ///< within the packet
};

/// What follows `before` bytes. Nothing: the datagram is cut, or is none.
inline std::optional<UdpDatagram> read_udp(ByteView packet, std::size_t before) {
  Reader in(packet);
  in.skip(before);
  UdpDatagram out;
  out.source = in.u16();
  out.destination = in.u16();
  const std::size_t length = in.u16();  // with the header
  in.skip(kUdpHeader - kUdpChecksum);
  if (length < kUdpHeader) return std::nullopt;
  out.payload = in.view(length - kUdpHeader);
  if (in.failed()) return std::nullopt;
  return out;
}

}  // namespace lkdoctor::respond
