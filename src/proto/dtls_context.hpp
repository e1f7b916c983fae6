// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include "proto/dtls_identity.hpp"

namespace lkdoctor::proto {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeContext>;

/// DTLS 1.2 with SRTP as WebRTC wants it; any certificate of the peer passes. Throws where OpenSSL refuses.
ContextPtr make_dtls_context(DtlsRole role, const DtlsIdentity::Parts& identity);

}  // namespace lkdoctor::proto
