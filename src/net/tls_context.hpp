// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include <lkdoctor/net/tls.hpp>
#include <string>
#include <vector>

#include "net/trust.hpp"

namespace lkdoctor::net {

/// What one connection takes along and hears in its handshake. It is the app data of its SSL, so it stays
/// where it is.
struct HandshakeNotes {
  explicit HandshakeNotes(const TlsOptions& wanted);

  const TlsOptions& options;  ///< not owned
  std::vector<unsigned char> padding;
  std::vector<X509Ptr> chain;  ///< as sent, leaf first
  std::string alert;           ///< of the peer; "": none
  bool wants_ours = false;     ///< a certificate of the client
};

HandshakeNotes& notes_of(const SSL* ssl);

/// For connections of this kind, each with its HandshakeNotes. Making a context costs as much as a handshake,
/// so each kind is made once and kept, by thread. Never null.
SSL_CTX* client_context(const TlsOptions& options);

}  // namespace lkdoctor::net
