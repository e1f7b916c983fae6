// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/net/proxy.hpp>
#include <lkdoctor/net/tcp.hpp>
#include <memory>

#include "net/tls_engine.hpp"

namespace lkdoctor::net {

/// Bytes to a peer and from it, whatever lies between.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Everything or an error.
  virtual boost::asio::awaitable<NetOutcome> send(std::vector<std::uint8_t> bytes, Deadline deadline) = 0;
  /// At least one byte, the end, or the deadline.
  virtual boost::asio::awaitable<TcpStream::Received> receive(Deadline deadline) = 0;
};
using StreamPtr = std::unique_ptr<Stream>;

struct OpenedStream {
  NetOutcome outcome;
  StreamPtr stream;         ///< null: see outcome
  Microseconds connect{0};  ///< TCP, and the tunnel where there is one
};

/// The one place that opens a stream: to `peer` directly, or, where `proxy` is in use, by a tunnel. `peer` is
/// numeric or, for the proxy to resolve, a name. `max_segment` as TcpStream::connect takes it, without proxy.
boost::asio::awaitable<OpenedStream> open_stream(Endpoint peer, Proxy proxy, Deadline deadline,
                                                 int max_segment = 0);
/// To the proxy itself, for requests that it reads.
boost::asio::awaitable<OpenedStream> open_proxy(Proxy proxy, Deadline deadline);

/// Drives the handshake of `engine` over `stream`. Both stay owned by the caller.
boost::asio::awaitable<NetOutcome> shake_hands(Stream* stream, TlsEngine* engine, Deadline deadline);
/// What is read and written from now on is TLS. REQUIRES: the handshake is done.
StreamPtr secured(StreamPtr below, TlsEngine engine);

/// Whether the peer's certificate is good for `name`.
NetOutcome verify(const TlsEngine& engine, const std::string& name);

}  // namespace lkdoctor::net
