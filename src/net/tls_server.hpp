// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/bytes.hpp>
#include <memory>
#include <string>

struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace lkdoctor::net {

/// What a server proves itself with and asks of clients; shared by its connections.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

/// The server's end of one TLS connection, without a socket: bytes in, bytes out.
class TlsServer {
 public:
  enum class Step { done, wants_input, ended, failed };

  /// Throws std::runtime_error where OpenSSL has no connection to give.
  explicit TlsServer(TlsContext context);

  Step handshake();
  /// Appends what was decrypted. `ended`: the client's close_notify, after which it sends nothing.
  Step read(std::string& into);
  Step write(ByteView bytes);
  /// Our close_notify.
  void end();

  void feed(ByteView bytes);
  Bytes take();  ///< what is to be sent now
  /// The client speaks plain HTTP to us.
  bool met_plain_http() const noexcept { return met_plain_http_; }
  /// OpenSSL's own, for what one kind of server alone wants of it.
  ssl_st* handle() const noexcept { return ssl_.get(); }

 private:
  struct Free {
    void operator()(ssl_st* one) const;
  };

  Step step_of(int returned);

  TlsContext context_;
  std::unique_ptr<ssl_st, Free> ssl_;
  bio_st* in_ = nullptr;   // owned by ssl_
  bio_st* out_ = nullptr;  // owned by ssl_
  bool met_plain_http_ = false;
};

}  // namespace lkdoctor::net
