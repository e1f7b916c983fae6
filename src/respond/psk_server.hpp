// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <memory>

#include "respond/key_ring.hpp"

struct ssl_ctx_st;

namespace lkdoctor::respond {

/// TLS 1.3 with an external PSK (RFC 8446 §4.2.11) and nothing else: no certificate, no ticket, no early
/// data.
class PskContext {
 public:
  /// `keys` must live as long. Throws std::runtime_error where OpenSSL has none.
  explicit PskContext(const KeyRing& keys);

  const KeyRing& keys() const noexcept { return keys_; }
  ssl_ctx_st* handle() const noexcept { return context_.get(); }

 private:
  const KeyRing& keys_;
  std::shared_ptr<ssl_ctx_st> context_;
};

/// The server's end of one connection, without a socket: bytes in, bytes out.
class PskServer {
 public:
  enum class Step { done, wants_input, ended, failed };

  explicit PskServer(const PskContext& context);
  PskServer(PskServer&&) noexcept;
  ~PskServer();

  void feed(ByteView bytes);
  Bytes take();  ///< what is to be sent now

  Step handshake();
  /// The key that the client has shown; nullptr before the handshake is done.
  const NamedKey* key() const;
  /// The key that it named, with or without having it.
  const NamedKey* named() const;
  /// It named some key, known here or not.
  bool named_any() const;

  /// Appends what was decrypted. `ended`: the client's close_notify, after which it sends nothing.
  Step read(std::string& into);
  Step write(ByteView bytes);
  /// Our close_notify.
  void end();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::respond
