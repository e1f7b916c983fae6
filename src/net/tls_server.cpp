// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>

namespace lkdoctor::net {

void TlsServer::Free::operator()(ssl_st* one) const {
  SSL_free(one);
}

TlsServer::TlsServer(TlsContext context) : context_(std::move(context)), ssl_(SSL_new(context_.get())) {
  if (!ssl_) throw std::runtime_error("OpenSSL has no TLS connection to give");
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_accept_state(ssl_.get());
}

/// Leaves no error in OpenSSL's queue.
TlsServer::Step TlsServer::step_of(int returned) {
  Step out = Step::done;
  if (returned <= 0) {
    const int why = SSL_get_error(ssl_.get(), returned);
    const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    out = waits ? Step::wants_input : why == SSL_ERROR_ZERO_RETURN ? Step::ended : Step::failed;
    if (out == Step::failed && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) met_plain_http_ = true;
  }
  ERR_clear_error();
  return out;
}

TlsServer::Step TlsServer::handshake() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(ssl_.get()));
}

TlsServer::Step TlsServer::read(std::string& into) {
  std::array<char, 4096> plain{};
  while (true) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
    const Step step = step_of(size);
    if (step != Step::done) return step;
    into.append(plain.data(), static_cast<std::size_t>(size));
  }
}

TlsServer::Step TlsServer::write(ByteView bytes) {
  if (bytes.empty()) return Step::done;
  ERR_clear_error();
  std::size_t written = 0;
  return step_of(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written));
}

void TlsServer::end() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_.get()) == 1) (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

void TlsServer::feed(ByteView bytes) {
  if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

Bytes TlsServer::take() {
  Bytes out(BIO_ctrl_pending(out_));
  if (!out.empty()) BIO_read(out_, out.data(), static_cast<int>(out.size()));
  return out;
}

}  // namespace lkdoctor::net
