// SPDX-License-Identifier: EUPL-1.2
#include "serve/tls_server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

namespace lkdoctor::serve {

struct TlsServer::State {
  TlsContext context;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, &SSL_free};
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  bool plain_http = false;

  Step step_of(int returned) {
    if (returned > 0) return Step::done;
    const int why = SSL_get_error(ssl.get(), returned);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Step::wants_input;
    plain_http = plain_http || ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    return why == SSL_ERROR_ZERO_RETURN ? Step::ended : Step::failed;
  }
};

TlsServer::TlsServer(TlsContext context) : state_(std::make_unique<State>()) {
  state_->context = std::move(context);
  state_->ssl.reset(SSL_new(state_->context.get()));
  if (!state_->ssl) throw std::runtime_error("OpenSSL has no TLS connection to give");
  SSL* ssl = state_->ssl.get();
  state_->in = BIO_new(BIO_s_mem());
  state_->out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(state_->in, -1);
  SSL_set_bio(ssl, state_->in, state_->out);
  SSL_set_accept_state(ssl);
}
TlsServer::TlsServer(TlsServer&&) noexcept = default;
TlsServer::~TlsServer() = default;

TlsServer::Step TlsServer::handshake() {
  ERR_clear_error();
  const Step step = state_->step_of(SSL_do_handshake(state_->ssl.get()));
  ERR_clear_error();
  return step;
}

TlsServer::Step TlsServer::read(std::string& into) {
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

TlsServer::Step TlsServer::write(std::string_view bytes) {
  if (bytes.empty()) return Step::done;
  ERR_clear_error();
  std::size_t written = 0;
  const Step step = state_->step_of(SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &written));
  ERR_clear_error();
  return step;
}

void TlsServer::end() {
  ERR_clear_error();
  if (SSL_is_init_finished(state_->ssl.get()) == 1) (void)SSL_shutdown(state_->ssl.get());
  ERR_clear_error();
}

void TlsServer::feed(std::string_view bytes) {
  if (!bytes.empty()) BIO_write(state_->in, bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsServer::take() {
  std::string out(BIO_ctrl_pending(state_->out), '\0');
  if (!out.empty()) BIO_read(state_->out, out.data(), static_cast<int>(out.size()));
  return out;
}

bool TlsServer::met_plain_http() const noexcept {
  return state_->plain_http;
}

}  // namespace lkdoctor::serve
