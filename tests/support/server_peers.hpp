// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "support/servers.hpp"

namespace lkdoctor::test {

/// The server's end of an accepted connection. `socket` stays the caller's.
std::unique_ptr<Peer> plain_peer(int socket);
/// After the handshake; null if there was none. `tls` must live as long.
std::unique_ptr<Peer> tls_peer(int socket, const ServerTls& tls);

}  // namespace lkdoctor::test
