// SPDX-License-Identifier: EUPL-1.2
#include "respond/psk_server.hpp"

#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

#include "net/tls_psk.hpp"

namespace lkdoctor::respond {

struct PskServer::State {
  const KeyRing* keys = nullptr;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, &SSL_free};
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  const NamedKey* named = nullptr;
  bool named_any = false;

  static int find(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** into);

  Step step_of(int returned) {
    if (returned > 0) return Step::done;
    const int why = SSL_get_error(ssl.get(), returned);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Step::wants_input;
    return why == SSL_ERROR_ZERO_RETURN ? Step::ended : Step::failed;
  }
};

int PskServer::State::find(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** into) {
  *into = nullptr;
  auto& state = *static_cast<State*>(SSL_get_app_data(ssl));
  state.named_any = true;
  state.named = state.keys->named({reinterpret_cast<const char*>(identity), size});
  if (state.named == nullptr) return 1;  // go on without: there is no certificate, so it ends
  const auto key = proto::control_key(state.named->key);
  *into = net::psk_session(ssl, key);
  return *into == nullptr ? 0 : 1;
}

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

PskServer::PskServer(const PskContext& context) : state_(std::make_unique<State>()) {
  state_->keys = &context.keys();
  state_->ssl.reset(SSL_new(context.handle()));
  if (!state_->ssl) throw std::runtime_error("OpenSSL has no TLS connection to give");
  SSL* ssl = state_->ssl.get();
  state_->in = BIO_new(BIO_s_mem());
  state_->out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(state_->in, -1);
  SSL_set_bio(ssl, state_->in, state_->out);
  SSL_set_app_data(ssl, state_.get());
  SSL_set_psk_find_session_callback(ssl, &State::find);
  SSL_set_accept_state(ssl);
}

PskServer::PskServer(PskServer&&) noexcept = default;
PskServer::~PskServer() = default;

void PskServer::feed(ByteView bytes) {
  if (!bytes.empty()) BIO_write(state_->in, bytes.data(), static_cast<int>(bytes.size()));
}

Bytes PskServer::take() {
  Bytes out(BIO_ctrl_pending(state_->out));
  if (!out.empty()) BIO_read(state_->out, out.data(), static_cast<int>(out.size()));
  return out;
}

PskServer::Step PskServer::handshake() {
  ERR_clear_error();
  const Step step = state_->step_of(SSL_do_handshake(state_->ssl.get()));
  ERR_clear_error();
  // Without a certificate no other way leads here; this says so once more.
  return step == Step::done && key() == nullptr ? Step::failed : step;
}

const NamedKey* PskServer::key() const {
  const SSL* ssl = state_->ssl.get();
  return SSL_is_init_finished(ssl) == 1 && SSL_session_reused(ssl) == 1 ? state_->named : nullptr;
}

const NamedKey* PskServer::named() const {
  return state_->named;
}
bool PskServer::named_any() const {
  return state_->named_any;
}

PskServer::Step PskServer::read(std::string& into) {
  std::array<char, 4096> plain{};
  while (true) {
    ERR_clear_error();
    const int size = SSL_read(state_->ssl.get(), plain.data(), static_cast<int>(plain.size()));
    const Step step = state_->step_of(size);
    ERR_clear_error();
    if (step != Step::done) return step;
    into.append(plain.data(), static_cast<std::size_t>(size));
  }
}

PskServer::Step PskServer::write(ByteView bytes) {
  if (bytes.empty()) return Step::done;
  ERR_clear_error();
  const Step step =
      state_->step_of(SSL_write(state_->ssl.get(), bytes.data(), static_cast<int>(bytes.size())));
  ERR_clear_error();
  return step;
}

void PskServer::end() {
  ERR_clear_error();
  if (SSL_is_init_finished(state_->ssl.get()) == 1) (void)SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

}  // namespace lkdoctor::respond
