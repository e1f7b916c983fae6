// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <span>

#include "respond/front.hpp"

/// The address a datagram came to, and is answered from: ip(7), ipv6(7).
namespace lkdoctor::respond {

in6_addr mapped(const in_addr& address);
in_addr unmapped(const in6_addr& address);

/// recvmsg into the buffer, with peer, local and interface. 0: too long; negative: nothing waits.
ssize_t receive_with_address(int socket, Incoming& into);
/// From to.local to to.peer. False: see Front::answer().
bool send_from(int socket, const Way& to, std::span<iovec> parts);

template <class Value>
bool set_option(int socket, int level, int name, Value value) {
  return setsockopt(socket, level, name, &value, sizeof value) == 0;
}

}  // namespace lkdoctor::respond
