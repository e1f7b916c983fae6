// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <lkdoctor/address.hpp>

#include "net/errors.hpp"
#include "net/tls_context.hpp"
#include "net/trust.hpp"

namespace lkdoctor::net {
namespace {

constexpr std::uint8_t kAlertRecord = 0x15, kHandshakeRecord = 0x16;  // RFC 8446 §5.1

using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::vector<unsigned char> alpn_wire(const std::vector<std::string>& protocols) {
  std::vector<unsigned char> out;
  for (const std::string& protocol : protocols) {
    out.push_back(static_cast<unsigned char>(protocol.size()));
    out.insert(out.end(), protocol.begin(), protocol.end());
  }
  return out;
}

}  // namespace

struct TlsEngine::State {
  explicit State(TlsOptions wanted) : options(std::move(wanted)), notes(options), ssl(nullptr, &SSL_free) {
    open();
  }

  void open() {
    ssl.reset(SSL_new(client_context(options)));
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_app_data(ssl.get(), &notes);
    SSL_set_connect_state(ssl.get());
    // RFC 6066 §3: literal addresses are not permitted in SNI.
    if (!options.server_name.empty() && !is_numeric_address(options.server_name)) {
      SSL_set_tlsext_host_name(ssl.get(), options.server_name.c_str());
    }
    if (options.by_psk()) return;
    const auto wire = alpn_wire(options.alpn);
    if (!wire.empty()) SSL_set_alpn_protos(ssl.get(), wire.data(), static_cast<unsigned int>(wire.size()));
  }

  Step step_of(int returned) {
    if (returned > 0) return Step::done;
    const int why = SSL_get_error(ssl.get(), returned);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return Step::wants_input;
    if (why == SSL_ERROR_ZERO_RETURN) {
      failure = failed(Stage::response, NetError::closed, "closed by the peer");
      return Step::failed;
    }
    failure = explain();
    return Step::failed;
  }

  NetOutcome explain() const {
    const unsigned long code = ERR_peek_error();
    // Before TLS 1.3 there is no alert of its own for a missing certificate (RFC 5246 §7.4.6).
    const bool missed = notes.wants_ours && notes.alert == "handshake_failure";
    const std::string why = missed ? " for want of a client's certificate" : "";
    if (!notes.alert.empty()) return failed(Stage::tls, NetError::tls_refused, "alert " + notes.alert + why);
    if (first_byte && *first_byte != kAlertRecord && *first_byte != kHandshakeRecord) {
      return failed(Stage::tls, NetError::not_tls, "the peer does not speak TLS");
    }
    const char* reason = ERR_reason_error_string(code);
    return failed(Stage::tls, NetError::tls_refused, reason == nullptr ? "the handshake failed" : reason);
  }

  TlsOptions options;
  HandshakeNotes notes;
  Session ssl;
  BIO* in = nullptr;   // owned by ssl
  BIO* out = nullptr;  // owned by ssl
  NetOutcome failure;
  std::size_t hello_bytes = 0, received_bytes = 0;
  std::optional<std::uint8_t> first_byte;
};

TlsEngine::TlsEngine(TlsOptions options) : state_(std::make_unique<State>(std::move(options))) {}
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;
TlsEngine::~TlsEngine() = default;

TlsEngine::Step TlsEngine::handshake() {
  ERR_clear_error();
  Step step = state_->step_of(SSL_do_handshake(state_->ssl.get()));
  // Who does not know the key may offer a certificate instead, which nobody would look at.
  if (step == Step::done && state_->options.by_psk() && SSL_session_reused(state_->ssl.get()) != 1) {
    state_->failure = failed(Stage::tls, NetError::tls_refused, "the peer does not know the key");
    step = Step::failed;
  }
  if (state_->hello_bytes == 0) state_->hello_bytes = BIO_ctrl_pending(state_->out);
  ERR_clear_error();
  return step;
}

TlsEngine::Step TlsEngine::read(std::vector<std::uint8_t>& into) {
  std::array<std::uint8_t, 16384> plain{};
  Step step = Step::wants_input;
  bool any = false;
  while (true) {
    ERR_clear_error();
    const int length = SSL_read(state_->ssl.get(), plain.data(), static_cast<int>(plain.size()));
    step = state_->step_of(length);
    if (step != Step::done) break;
    into.insert(into.end(), plain.begin(), plain.begin() + length);
    any = true;
  }
  ERR_clear_error();
  return any ? Step::done : step;
}

TlsEngine::Step TlsEngine::write(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return Step::done;
  ERR_clear_error();
  std::size_t written = 0;
  const Step step = state_->step_of(SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &written));
  ERR_clear_error();
  return step;
}

void TlsEngine::feed(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  if (!state_->first_byte) state_->first_byte = bytes.front();
  state_->received_bytes += bytes.size();
  BIO_write(state_->in, bytes.data(), static_cast<int>(bytes.size()));
}

std::vector<std::uint8_t> TlsEngine::take() {
  std::vector<std::uint8_t> bytes(BIO_ctrl_pending(state_->out));
  if (!bytes.empty()) BIO_read(state_->out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

NetOutcome TlsEngine::failure() const {
  return state_->failure;
}
std::size_t TlsEngine::hello_bytes() const {
  return state_->hello_bytes;
}

void TlsEngine::describe(TlsSession& into) const {
  into.hello_bytes = state_->hello_bytes;
  into.received_bytes = state_->received_bytes;
  if (SSL_is_init_finished(state_->ssl.get()) == 1) {
    into.version = SSL_get_version(state_->ssl.get());
    into.cipher = SSL_get_cipher_name(state_->ssl.get());
    const unsigned char* protocol = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(state_->ssl.get(), &protocol, &length);
    into.alpn.assign(reinterpret_cast<const char*>(protocol), length);
  }
  into.chain.clear();
  for (const X509Ptr& certificate : state_->notes.chain)
    into.chain.push_back(net::describe(certificate.get()));
  judge_trust(state_->notes.chain, state_->options.ca_files, state_->options.server_name, into);
}

}  // namespace lkdoctor::net
