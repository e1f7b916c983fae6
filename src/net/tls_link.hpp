// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/tcp.hpp>
#include <lkdoctor/net/tls.hpp>

#include "net/tls_engine.hpp"

namespace lkdoctor::net {

/// Drives the handshake of `engine` over `tcp`. Both stay owned by the caller.
boost::asio::awaitable<NetOutcome> shake_hands(TcpStream* tcp, TlsEngine* engine, Deadline deadline);

}  // namespace lkdoctor::net
