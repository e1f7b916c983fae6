// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include <lkdoctor/net/tls.hpp>

namespace lkdoctor::net {

/// Makes sessions of `context` offer the external PSK of `options` and speak nothing but TLS 1.3. Not owned:
/// both stay where they are as long as the context.
void use_psk(SSL_CTX* context, TlsOptions* options);

}  // namespace lkdoctor::net
