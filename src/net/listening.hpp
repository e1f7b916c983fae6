// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/local.hpp>

namespace lkdoctor::net {

/// The listening TCP sockets of this network namespace as the kernel tells them (sock_diag(7)), owners not
/// filled in; `inodes` gets one entry for each. nullopt: it does not tell, and /proc/net/tcp is left. That
/// takes milliseconds, however little is in it: the kernel goes through all its connections for it.
std::optional<std::vector<Listener>> ask_for_listeners(std::vector<std::uint64_t>& inodes);

}  // namespace lkdoctor::net
