// SPDX-License-Identifier: EUPL-1.2
#include "respond/packet_info.hpp"

#include <algorithm>
#include <cerrno>

namespace lkdoctor::respond {

in6_addr mapped(const in_addr& address) {
  in6_addr out{};
  out.s6_addr[10] = out.s6_addr[11] = 0xff;
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&address), sizeof address, out.s6_addr + 12);
  return out;
}

in_addr unmapped(const in6_addr& address) {
  in_addr out{};
  std::copy_n(address.s6_addr + 12, sizeof out, reinterpret_cast<std::uint8_t*>(&out));
  return out;
}

ssize_t receive_with_address(int socket, Incoming& into) {
  iovec part{into.buffer.data(), into.buffer.size()};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_name = &into.peer;
  message.msg_namelen = sizeof into.peer;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT);
  if (size < 0) return size;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::copy_n(CMSG_DATA(one), sizeof info, reinterpret_cast<std::uint8_t*>(&info));
      into.local = info.ipi6_addr;
      into.interface = info.ipi6_ifindex;
    } else if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::copy_n(CMSG_DATA(one), sizeof info, reinterpret_cast<std::uint8_t*>(&info));
      into.local = mapped(info.ipi_addr);
      into.interface = static_cast<unsigned>(info.ipi_ifindex);
    }
  }
  return (message.msg_flags & MSG_TRUNC) != 0 ? 0 : size;
}

namespace {

template <class Info>
std::size_t put_control(msghdr& message, int level, int type, const Info& info) {
  cmsghdr* one = CMSG_FIRSTHDR(&message);
  one->cmsg_level = level;
  one->cmsg_type = type;
  one->cmsg_len = CMSG_LEN(sizeof info);
  std::copy_n(reinterpret_cast<const std::uint8_t*>(&info), sizeof info, CMSG_DATA(one));
  return CMSG_SPACE(sizeof info);
}

}  // namespace

bool send_from(int socket, const Way& to, std::span<iovec> parts) {
  sockaddr_storage peer = to.peer;
  const bool v4 = peer.ss_family == AF_INET;
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (v4) {
    in_pktinfo info{};
    info.ipi_spec_dst = unmapped(to.local);
    message.msg_controllen = put_control(message, IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_addr = to.local;
    // Only a link-local address needs it; elsewhere the way back may lead out somewhere else.
    info.ipi6_ifindex = IN6_IS_ADDR_LINKLOCAL(&to.local) ? to.interface : 0;
    message.msg_controllen = put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
  // So Linux names a drop at the hooks of its own way out.
  return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != EPERM;
}

}  // namespace lkdoctor::respond
