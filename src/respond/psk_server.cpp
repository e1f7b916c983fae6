// SPDX-License-Identifier: EUPL-1.2
#include "respond/psk_server.hpp"

#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include <stdexcept>

#include "net/tls_psk.hpp"

namespace lkdoctor::respond {

PskContext::PskContext(const KeyRing& keys)
    : keys_(keys), context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
  SSL_CTX* context = context_.get();
  if (context == nullptr || !net::speak_psk_alone(context))
    throw std::runtime_error("OpenSSL has no TLS 1.3");
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // OpenSSL would set this up for the first client, and bring what that takes into memory again.
  EVP_KDF_free(EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr));
}

PskServer::PskServer(const PskContext& context) : keys_(context.keys()), tls_(context.tls()) {
  SSL_set_app_data(tls_.handle(), this);
  SSL_set_psk_find_session_callback(tls_.handle(), &find);
}

int PskServer::find(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** into) {
  *into = nullptr;
  auto& self = *static_cast<PskServer*>(SSL_get_app_data(ssl));
  self.named_any_ = true;
  self.named_ = self.keys_.named({reinterpret_cast<const char*>(identity), size});
  if (self.named_ == nullptr) return 1;  // go on without: there is no certificate, so it ends
  const auto key = proto::control_key(self.named_->key);
  *into = net::psk_session(ssl, key);
  return *into == nullptr ? 0 : 1;
}

PskServer::Step PskServer::handshake() {
  const Step step = tls_.handshake();
  // Without a certificate no other way leads here; this says so once more.
  return step == Step::done && key() == nullptr ? Step::failed : step;
}

const NamedKey* PskServer::key() const {
  const SSL* ssl = tls_.handle();
  return SSL_is_init_finished(ssl) == 1 && SSL_session_reused(ssl) == 1 ? named_ : nullptr;
}

}  // namespace lkdoctor::respond
