// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "net/errors.hpp"

namespace lkdoctor::net {
namespace {

Endpoint endpoint_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(v6.sin6_port)};
  }
  return {};
}

/// RFC 792 and RFC 1812 §5.2.7.1, destination unreachable (type 3).
NetError kind_of_v4(std::uint8_t type, std::uint8_t code) {
  if (type != ICMP_DEST_UNREACH) return NetError::other;
  switch (code) {
    case ICMP_NET_UNREACH:
    case ICMP_NET_UNKNOWN:
      return NetError::network_unreachable;
    case ICMP_HOST_UNREACH:
    case ICMP_HOST_UNKNOWN:
      return NetError::host_unreachable;
    case ICMP_PORT_UNREACH:
      return NetError::refused;
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
      return NetError::prohibited;
    default:
      return NetError::other;
  }
}

/// RFC 4443 §3.1, destination unreachable (type 1).
NetError kind_of_v6(std::uint8_t type, std::uint8_t code) {
  if (type != 1) return NetError::other;
  switch (code) {
    case 0:
      return NetError::network_unreachable;
    case 1:
    case 5:  // source address failed ingress policy
    case 6:  // reject route
      return NetError::prohibited;
    case 3:
      return NetError::host_unreachable;
    case 4:
      return NetError::refused;
    default:
      return NetError::other;
  }
}

std::string words_for(NetError error, int code) {
  switch (error) {
    case NetError::refused:
      return "port unreachable";
    case NetError::host_unreachable:
      return "host unreachable";
    case NetError::network_unreachable:
      return "network unreachable";
    case NetError::prohibited:
      return "rejected: administratively prohibited";
    default:
      return std::strerror(code);
  }
}

void fill(IcmpError& into, const sock_extended_err& error, const sockaddr* offender) {
  if (error.ee_origin == SO_EE_ORIGIN_ICMP) into.error = kind_of_v4(error.ee_type, error.ee_code);
  if (error.ee_origin == SO_EE_ORIGIN_ICMP6) into.error = kind_of_v6(error.ee_type, error.ee_code);
  if (error.ee_origin == SO_EE_ORIGIN_LOCAL && error.ee_errno == EHOSTUNREACH) {
    into.error = NetError::host_unreachable;
  }
  into.text = words_for(into.error, static_cast<int>(error.ee_errno));
  if (error.ee_origin != SO_EE_ORIGIN_LOCAL) into.reporter = endpoint_of(offender).address;
}

}  // namespace

void keep_icmp_errors(int socket, Family family, bool keep) {
  const int value = keep ? 1 : 0;
  if (family == Family::ipv4) {
    setsockopt(socket, IPPROTO_IP, IP_RECVERR, &value, sizeof value);
  } else {
    setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &value, sizeof value);
  }
}

std::optional<IcmpError> next_icmp_error(int socket) {
  std::array<std::uint8_t, 2048> data{};
  alignas(cmsghdr) std::array<std::uint8_t, 512> control{};
  sockaddr_storage about{};
  iovec part{data.data(), data.size()};
  msghdr message{};
  message.msg_name = &about;
  message.msg_namelen = sizeof about;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (length < 0) return std::nullopt;
  IcmpError result;
  result.about = endpoint_of(reinterpret_cast<const sockaddr*>(&about));
  result.bytes.assign(data.begin(), data.begin() + length);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    const bool ours = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                      (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
    if (!ours) continue;
    // The offender's address stands behind the fixed part: SO_EE_OFFENDER of linux/errqueue.h.
    std::array<std::uint8_t, sizeof(sock_extended_err) + sizeof(sockaddr_in6)> raw{};
    std::memcpy(raw.data(), CMSG_DATA(header),
                std::min<std::size_t>(raw.size(), header->cmsg_len - CMSG_LEN(0)));
    sock_extended_err error{};
    std::memcpy(&error, raw.data(), sizeof error);
    sockaddr_in6 offender{};
    std::memcpy(&offender, raw.data() + sizeof error, sizeof offender);
    fill(result, error, reinterpret_cast<const sockaddr*>(&offender));
  }
  return result;
}

}  // namespace lkdoctor::net
