// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_engine.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <lkdoctor/address.hpp>
#include <stdexcept>

#include "net/errors.hpp"
#include "net/tls_psk.hpp"
#include "net/trust.hpp"

namespace lkdoctor::net {
namespace {

constexpr unsigned int kEncryptedClientHello =
    0xfe0d;                             // draft-ietf-tls-esni §11.1; browsers send it empty-handed
constexpr std::size_t kPadding = 1580;  // makes a ClientHello of about 1,900 bytes
constexpr std::size_t kMostCertificates = 20;
constexpr std::uint8_t kAlertRecord = 0x15, kHandshakeRecord = 0x16;  // RFC 8446 §5.1

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

/// A well-formed "outer" extension with random contents, as browsers send it to every server: one that knows
/// Encrypted ClientHello takes it for a key that it does not have, every other ignores it.
std::vector<unsigned char> make_padding() {
  std::vector<unsigned char> out(kPadding);
  RAND_bytes(out.data(), static_cast<int>(out.size()));
  const std::array<unsigned char, 8> head{0x00,        // outer
                                          0x00, 0x01,  // HKDF-SHA256
                                          0x00, 0x01,  // AES-128-GCM
                                          0x2a,        // config id
                                          0x00, 32};   // length of the encapsulated key
  std::ranges::copy(head, out.begin());
  const std::size_t payload = kPadding - head.size() - 32 - 2;
  out[head.size() + 32] = static_cast<unsigned char>(payload >> 8U);
  out[head.size() + 33] = static_cast<unsigned char>(payload & 0xffU);
  return out;
}

int add_padding(SSL*, unsigned int, unsigned int, const unsigned char** out, std::size_t* length, X509*,
                std::size_t, int*, void* argument) {
  const auto& padding = *static_cast<const std::vector<unsigned char>*>(argument);
  *out = padding.data();
  *length = padding.size();
  return 1;
}

int ignore_answer(SSL*, unsigned int, unsigned int, const unsigned char*, std::size_t, X509*, std::size_t,
                  int*, void*) {
  return 1;
}

int capture_chain(X509_STORE_CTX* context, void* argument) {
  auto& chain = *static_cast<std::vector<X509Ptr>*>(argument);
  chain.clear();
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
  for (int i = 0; i < sk_X509_num(sent) && chain.size() < kMostCertificates; ++i) {
    X509* certificate = sk_X509_value(sent, i);
    X509_up_ref(certificate);
    chain.emplace_back(certificate);
  }
  return 1;
}

/// What the peer said during the handshake.
struct Heard {
  std::string alert;
  bool wants_ours = false;  ///< a certificate of the client
};

int note_request(SSL* ssl, X509**, EVP_PKEY**) {
  static_cast<Heard*>(SSL_get_app_data(ssl))->wants_ours = true;
  return 0;  // we have none
}

void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  constexpr int kCertificateRequired = 116;  // RFC 8446 §6.2; OpenSSL has no word for it
  const bool wants_ours = (value & 0xff) == kCertificateRequired;
  std::string name = wants_ours ? "certificate_required" : SSL_alert_desc_string_long(value);
  std::ranges::replace(name, ' ', '_');
  if (name != "close_notify") static_cast<Heard*>(SSL_get_app_data(ssl))->alert = std::move(name);
}

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
  explicit State(TlsOptions wanted)
      : options(std::move(wanted)),
        context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        ssl(nullptr, &SSL_free) {
    if (!context) throw std::runtime_error("OpenSSL has no TLS client");
    SSL_CTX_set_min_proto_version(context.get(), options.minimum_version);
    SSL_CTX_set_max_proto_version(context.get(), options.maximum_version);
    if (options.minimum_version < TLS1_2_VERSION) {
      SSL_CTX_set_cipher_list(context.get(),
                              "ALL:@SECLEVEL=0");  // below level 1 alone are they spoken at all
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_cert_verify_callback(context.get(), &capture_chain, &chain);
    SSL_CTX_set_client_cert_cb(context.get(), &note_request);
    SSL_CTX_set_info_callback(context.get(), &note_alert);
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
    if (options.by_psk()) {
      use_psk(context.get(), &options);
    } else if (options.padded_hello) {
      padding = make_padding();
      SSL_CTX_add_custom_ext(context.get(), kEncryptedClientHello,
                             SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
                                 SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST | SSL_EXT_IGNORE_ON_RESUMPTION,
                             &add_padding, nullptr, &padding, &ignore_answer, nullptr);
    }
    open();
  }

  void open() {
    ssl.reset(SSL_new(context.get()));
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_app_data(ssl.get(), &heard);
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
    const bool missed = heard.wants_ours && heard.alert == "handshake_failure";
    const std::string why = missed ? " for want of a client's certificate" : "";
    if (!heard.alert.empty()) return failed(Stage::tls, NetError::tls_refused, "alert " + heard.alert + why);
    if (first_byte && *first_byte != kAlertRecord && *first_byte != kHandshakeRecord) {
      return failed(Stage::tls, NetError::not_tls, "the peer does not speak TLS");
    }
    const char* reason = ERR_reason_error_string(code);
    return failed(Stage::tls, NetError::tls_refused, reason == nullptr ? "the handshake failed" : reason);
  }

  TlsOptions options;
  std::vector<X509Ptr> chain;
  std::vector<unsigned char> padding;
  Heard heard;
  Context context;
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
  for (const X509Ptr& certificate : state_->chain) into.chain.push_back(net::describe(certificate.get()));
  judge_trust(state_->chain, state_->options.ca_files, state_->options.server_name, into);
}

}  // namespace lkdoctor::net
