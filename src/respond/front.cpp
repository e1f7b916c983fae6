// SPDX-License-Identifier: EUPL-1.2
#include "respond/front.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <span>

#include "base/address_text.hpp"
#include "respond/packet_info.hpp"

namespace lkdoctor::respond {

Front::~Front() {
  if (handle_ >= 0) close(handle_);
}

namespace {

/// IPv4-mapped addresses as IPv4.
std::string text_of(const in6_addr& address) {
  const std::span bytes(address.s6_addr);
  return address_text(IN6_IS_ADDR_V4MAPPED(&address) ? bytes.last(4) : bytes);
}

}  // namespace

Endpoint Way::from() const {
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    return {text_of(mapped(v4.sin_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  return {text_of(v6.sin6_addr), ntohs(v6.sin6_port)};
}

std::string Way::at() const {
  return text_of(local);
}

bool Way::came_to(const in6_addr& address) const {
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
