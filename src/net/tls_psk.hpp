// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <lkdoctor/net/tls.hpp>
#include <span>

namespace lkdoctor::net {

/// Sessions of `context` speak TLS 1.3 alone, with the one cipher suite of an external PSK. False: OpenSSL
/// does not.
bool speak_psk_alone(SSL_CTX* context);
/// A "session" as OpenSSL wants an external PSK to look like: never negotiated, with the hash of that cipher
/// suite (RFC 9257 §4). The caller's; null where it cannot be made.
SSL_SESSION* psk_session(SSL* ssl, std::span<const std::uint8_t> psk);

/// Makes sessions of `context`, whose app data are HandshakeNotes, offer the external PSK of their options
/// and speak that alone.
void use_psk(SSL_CTX* context);

}  // namespace lkdoctor::net
