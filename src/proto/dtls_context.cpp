// SPDX-License-Identifier: EUPL-1.2
#include "proto/dtls_context.hpp"

#include <openssl/srtp.h>

#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr const char* kProfiles =
    "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";  // RFC 5764 §4.1.2, RFC 7714

}  // namespace

ContextPtr make_dtls_context(DtlsRole role, const DtlsIdentity::Parts& identity) {
  ContextPtr context(SSL_CTX_new(role == DtlsRole::client ? DTLS_client_method() : DTLS_server_method()));
  if (!context) throw std::runtime_error("OpenSSL gives no DTLS");
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, DTLS1_2_VERSION);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_options(raw, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  // Both sides show a certificate, and it is known by its fingerprint alone (RFC 8827 §6.5): no chain.
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(
      raw, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
  if (SSL_CTX_use_certificate(raw, identity.certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(raw, identity.key.get()) != 1 ||
      SSL_CTX_set_tlsext_use_srtp(raw, kProfiles) != 0) {  // 0 is success here
    throw std::runtime_error("OpenSSL refuses our certificate");
  }
  return context;
}

}  // namespace lkdoctor::proto
