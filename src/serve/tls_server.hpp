// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;

namespace lkdoctor::serve {

/// What the server proves itself with and asks of clients; shared by its connections (see tls_context.hpp).
using TlsContext = std::shared_ptr<ssl_ctx_st>;

/// The server's end of one TLS connection, without a socket: bytes in, bytes out.
class TlsServer {
 public:
  enum class Step { done, wants_input, ended, failed };

  explicit TlsServer(TlsContext context);
  TlsServer(TlsServer&&) noexcept;
  ~TlsServer();

  Step handshake();
  /// Appends what was decrypted. `ended`: the client's close_notify, after which it sends nothing.
  Step read(std::string& into);
  Step write(std::string_view bytes);
  /// Our close_notify.
  void end();

  void feed(std::string_view bytes);
  std::string take();  ///< what is to be sent now
  /// The client speaks plain HTTP to us.
  bool met_plain_http() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lkdoctor::serve
