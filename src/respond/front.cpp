// SPDX-License-Identifier: EUPL-1.2
#include "respond/front.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include "respond/packet_info.hpp"

namespace lkdoctor::respond {

Front::~Front() {
  if (handle_ >= 0) close(handle_);
}

Endpoint Incoming::from() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
  inet_ntop(mapped ? AF_INET : AF_INET6, v6.sin6_addr.s6_addr + (mapped ? 12 : 0), text.data(), text.size());
  return {text.data(), ntohs(v6.sin6_port)};
}

bool Incoming::came_to(const in6_addr& address) const {
  return IN6_ARE_ADDR_EQUAL(&local, &address);
}

in6_addr address_bytes(const std::string& text) {
  in6_addr out{};
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return mapped(v4);
  inet_pton(AF_INET6, text.c_str(), &out);
  return out;
}

}  // namespace lkdoctor::respond
