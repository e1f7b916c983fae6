// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <sys/resource.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "respond/packet_info.hpp"

namespace lkdoctor::respond {
namespace {

class BoundFront final : public Front {
 public:
  /// 0, or errno.
  int open(int family, const std::string& address, std::uint16_t port) {
    port_ = port;
    handle_ = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle_ < 0) return errno;
    sockaddr_storage any{};
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET6) {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(any);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(port);
      size = sizeof v6;
      if (!address.empty()) inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
      set_option(handle_, IPPROTO_IPV6, IPV6_V6ONLY, 0);
      set_option(handle_, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
      set_option(handle_, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
    } else {
      auto& v4 = reinterpret_cast<sockaddr_in&>(any);
      v4.sin_family = AF_INET;
      v4.sin_port = htons(port);
      if (!address.empty()) inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
    }
    // Also on a socket for both: its IPv4 datagrams.
    set_option(handle_, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(handle_, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    return bind(handle_, reinterpret_cast<sockaddr*>(&any), size) == 0 ? 0 : errno;
  }

  bool receive(Incoming& into) override {
    const ssize_t size = receive_with_address(handle_, into);
    if (size < 0) return false;
    into.payload = ByteView(into.buffer).first(static_cast<std::size_t>(size));
    into.port = port_;
    return true;
  }

  bool answer(const Way& to, ByteView bytes) override {
    std::array<iovec, 1> parts{iovec{const_cast<std::uint8_t*>(bytes.data()), bytes.size()}};
    return send_from(handle_, to, parts);
  }

 private:
  std::uint16_t port_ = 0;
};

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t spare_descriptors() {
  constexpr std::size_t kForOthers = 8;  // control connections, files that are read meanwhile
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  std::size_t taken = kForOthers;
  std::error_code error;
  for (std::filesystem::directory_iterator one("/proc/self/fd", error), end; one != end; one.increment(error))
    ++taken;
  return limit.rlim_cur > taken ? static_cast<std::size_t>(limit.rlim_cur) - taken : 0;
}

std::unique_ptr<Front> open_bound_front(const std::string& address, std::uint16_t port, int& error) {
  for (const int family : {AF_INET6, AF_INET}) {
    if (!address.empty() && (family_of(address) == Family::ipv6) != (family == AF_INET6)) continue;
    auto front = std::make_unique<BoundFront>();
    error = front->open(family, address, port);
    if (error == 0) return front;
    if (error == EADDRINUSE) return nullptr;
  }
  return nullptr;
}

}  // namespace lkdoctor::respond
