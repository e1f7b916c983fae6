// SPDX-License-Identifier: EUPL-1.2
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <cerrno>
#include <cstring>

#include "respond/packet_info.hpp"
#include "respond/udp_header.hpp"

namespace lkdoctor::respond {
namespace {

constexpr int kBuffer = 1 << 20;  // a burst of a whole range

/// RFC 1071.
std::uint32_t add(std::uint32_t sum, ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const unsigned low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
    sum += std::uint32_t{bytes[i]} << 8U | low;
  }
  return sum;
}

template <class Plain>
ByteView view_of(const Plain& value) {
  return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

class RawFront final : public Front {
 public:
  bool open(Family family, const std::vector<proto::Ports>& serves) {
    v4_ = family == Family::ipv4;
    handle_ = socket(v4_ ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
    if (handle_ < 0 || !attach_filter(handle_, port_filter(serves, v4_ ? Before::ipv4 : Before::nothing)))
      return false;
    if (!set_option(handle_, SOL_SOCKET, SO_RCVBUFFORCE, kBuffer))
      set_option(handle_, SOL_SOCKET, SO_RCVBUF, kBuffer);
    if (v4_) {
      set_option(handle_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
      return set_option(handle_, IPPROTO_IP, IP_PKTINFO, 1);
    }
    set_option(handle_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    return set_option(handle_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
           set_option(handle_, IPPROTO_IPV6, IPV6_CHECKSUM, int{kUdpChecksum});  // the kernel fills it in
  }

  bool receive(Incoming& into) override {
    const ssize_t size = receive_with_address(handle_, into);
    if (size < 0) return false;
    const ByteView all = ByteView(into.buffer).first(static_cast<std::size_t>(size));
    into.payload = {};
    into.port = 0;
    const auto datagram = read_udp(all, v4_ ? ipv4_header(all) : 0);
    if (!datagram) return true;
    into.port = datagram->destination;
    into.payload = datagram->payload;
    set_port(into, datagram->source);
    return true;
  }

  bool answer(const Way& to, ByteView bytes) override {
    Way peer_without_port = to;
    const std::uint16_t port = set_port(peer_without_port, 0);
    Writer header;
    header.u16(to.port).u16(port).u16(static_cast<std::uint16_t>(kUdpHeader + bytes.size())).u16(0);
    if (v4_) header.put_u16(kUdpChecksum, checksum(to, header.done(), bytes));
    Bytes head = header.take();
    std::array<iovec, 2> parts{iovec{head.data(), head.size()},
                               iovec{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}};
    return send_from(handle_, peer_without_port, parts);
  }

 private:
  /// Gives the port that was there before.
  static std::uint16_t set_port(Way& one, std::uint16_t port) {
    auto& field = one.peer.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(one.peer).sin_port
                                                : reinterpret_cast<sockaddr_in6&>(one.peer).sin6_port;
    const std::uint16_t before = ntohs(field);
    field = htons(port);
    return before;
  }

  /// RFC 768, over the pseudo header of IPv4.
  static std::uint16_t checksum(const Way& to, ByteView header, ByteView bytes) {
    const in_addr local = unmapped(to.local);
    std::uint32_t sum = add(0, view_of(local));
    sum = add(sum, view_of(reinterpret_cast<const sockaddr_in&>(to.peer).sin_addr));
    sum += static_cast<std::uint32_t>(IPPROTO_UDP + kUdpHeader + bytes.size());
    sum = add(add(sum, header), bytes);
    while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
    const auto folded = static_cast<std::uint16_t>(~sum);
    return folded == 0 ? 0xffff : folded;
  }

  bool v4_ = true;
};

}  // namespace

std::unique_ptr<Front> open_raw_front(Family family, const std::vector<proto::Ports>& serves,
                                      std::string& why) {
  auto front = std::make_unique<RawFront>();
  if (front->open(family, serves)) return front;
  why = std::strerror(errno);
  return nullptr;
}

}  // namespace lkdoctor::respond
