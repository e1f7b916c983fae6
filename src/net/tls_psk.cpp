// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_psk.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace lkdoctor::net {
namespace {

constexpr const char* kSuite = "TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> kSuiteCode{0x13, 0x01};  // RFC 8446 §B.4

using SessionPtr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// A "session" as OpenSSL wants an external PSK to look like; null where it cannot be made.
SSL_SESSION* session_of(SSL* ssl, const Secret& psk) {
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kSuiteCode.data());
  SessionPtr session(SSL_SESSION_new(), &SSL_SESSION_free);
  if (cipher == nullptr || !session) return nullptr;
  const auto* bytes = reinterpret_cast<const unsigned char*>(psk.reveal().data());
  const bool made = SSL_SESSION_set1_master_key(session.get(), bytes, psk.size()) == 1 &&
                    SSL_SESSION_set_cipher(session.get(), cipher) == 1 &&
                    SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) == 1;
  return made ? session.release() : nullptr;
}

/// `digest` is set when a server asked for another ClientHello: a PSK goes with its own digest alone
/// (RFC 8446 §4.2.11).
int offer_psk(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, std::size_t* length,
              SSL_SESSION** session) {
  const auto* options = static_cast<const TlsOptions*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  *session = nullptr;
  if (digest != nullptr && EVP_MD_get_type(digest) != NID_sha256) return 1;
  *session = session_of(ssl, options->psk);
  if (*session == nullptr) return 0;
  *identity = reinterpret_cast<const unsigned char*>(options->psk_identity.data());
  *length = options->psk_identity.size();
  return 1;
}

}  // namespace

void use_psk(SSL_CTX* context, TlsOptions* options) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, kSuite);
  SSL_CTX_set_app_data(context, options);
  SSL_CTX_set_psk_use_session_callback(context, &offer_psk);
}

}  // namespace lkdoctor::net
