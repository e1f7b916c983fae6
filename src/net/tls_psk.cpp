// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_psk.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "net/tls_context.hpp"

namespace lkdoctor::net {
namespace {

constexpr const char* kSuite = "TLS_AES_128_GCM_SHA256";
constexpr std::array<unsigned char, 2> kSuiteCode{0x13, 0x01};  // RFC 8446 §B.4

using SessionPtr = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

/// `digest` is set when a server asked for another ClientHello: a PSK goes with its own digest alone
/// (RFC 8446 §4.2.11).
int offer_psk(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, std::size_t* length,
              SSL_SESSION** session) {
  const TlsOptions& options = notes_of(ssl).options;
  *session = nullptr;
  if (digest != nullptr && EVP_MD_get_type(digest) != NID_sha256) return 1;
  const auto* key = reinterpret_cast<const std::uint8_t*>(options.psk.reveal().data());
  *session = psk_session(ssl, {key, options.psk.size()});
  if (*session == nullptr) return 0;
  *identity = reinterpret_cast<const unsigned char*>(options.psk_identity.data());
  *length = options.psk_identity.size();
  return 1;
}

}  // namespace

bool speak_psk_alone(SSL_CTX* context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(context, kSuite) == 1;
}

SSL_SESSION* psk_session(SSL* ssl, std::span<const std::uint8_t> psk) {
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kSuiteCode.data());
  SessionPtr session(SSL_SESSION_new(), &SSL_SESSION_free);
  const bool made = cipher != nullptr && session &&
                    SSL_SESSION_set1_master_key(session.get(), psk.data(), psk.size()) == 1 &&
                    SSL_SESSION_set_cipher(session.get(), cipher) == 1 &&
                    SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) == 1;
  return made ? session.release() : nullptr;
}

void use_psk(SSL_CTX* context) {
  (void)speak_psk_alone(context);  // a handshake that cannot be has words of its own
  SSL_CTX_set_psk_use_session_callback(context, &offer_psk);
}

}  // namespace lkdoctor::net
