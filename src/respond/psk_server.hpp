// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "net/tls_server.hpp"
#include "respond/key_ring.hpp"

struct ssl_session_st;

namespace lkdoctor::respond {

/// TLS 1.3 with an external PSK (RFC 8446 §4.2.11) and nothing else: no certificate, no ticket, no early
/// data.
class PskContext {
 public:
  /// `keys` must live as long. Throws std::runtime_error where OpenSSL has none.
  explicit PskContext(const KeyRing& keys);

  const KeyRing& keys() const noexcept { return keys_; }
  const net::TlsContext& tls() const noexcept { return context_; }

 private:
  const KeyRing& keys_;
  net::TlsContext context_;
};

/// The server's end of one connection, without a socket: bytes in, bytes out. It stays where it is: OpenSSL
/// asks it for keys.
class PskServer {
 public:
  using Step = net::TlsServer::Step;

  explicit PskServer(const PskContext& context);
  PskServer(const PskServer&) = delete;
  PskServer& operator=(const PskServer&) = delete;

  void feed(ByteView bytes) { tls_.feed(bytes); }
  Bytes take() { return tls_.take(); }

  Step handshake();
  /// The key that the client has shown; nullptr before the handshake is done.
  const NamedKey* key() const;
  /// The key that it named, with or without having it.
  const NamedKey* named() const noexcept { return named_; }
  /// It named some key, known here or not.
  bool named_any() const noexcept { return named_any_; }

  Step read(std::string& into) { return tls_.read(into); }
  Step write(ByteView bytes) { return tls_.write(bytes); }
  void end() { tls_.end(); }

 private:
  static int find(ssl_st* ssl, const unsigned char* identity, std::size_t size, ssl_session_st** into);

  const KeyRing& keys_;
  net::TlsServer tls_;
  const NamedKey* named_ = nullptr;
  bool named_any_ = false;
};

}  // namespace lkdoctor::respond
