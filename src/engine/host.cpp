// SPDX-License-Identifier: EUPL-1.2
#include "engine/host.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <memory>

namespace lkdoctor::engine {
namespace {

/// "" if it is no IP address or speaks only of this host or link.
std::string address_of(const ifaddrs& interface) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (interface.ifa_addr == nullptr || (interface.ifa_flags & IFF_UP) == 0 ||
      (interface.ifa_flags & IFF_LOOPBACK) != 0) {
    return {};
  }
  if (interface.ifa_addr->sa_family == AF_INET) {
    const auto* in4 = reinterpret_cast<const sockaddr_in*>(interface.ifa_addr);
    return inet_ntop(AF_INET, &in4->sin_addr, text.data(), text.size());
  }
  if (interface.ifa_addr->sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(interface.ifa_addr);
    if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr)) return {};
    return inet_ntop(AF_INET6, &in6->sin6_addr, text.data(), text.size());
  }
  return {};
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::vector<std::string> local_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(first, &freeifaddrs);
  std::vector<std::string> out;
  for (const ifaddrs* interface = first; interface != nullptr; interface = interface->ifa_next) {
    if (std::string address = address_of(*interface); !address.empty()) out.push_back(std::move(address));
  }
  return out;
}

}  // namespace lkdoctor::engine
