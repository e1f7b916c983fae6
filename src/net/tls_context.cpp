// SPDX-License-Identifier: EUPL-1.2
#include "net/tls_context.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <compare>
#include <map>
#include <memory>
#include <stdexcept>

#include "net/tls_psk.hpp"

namespace lkdoctor::net {
namespace {

constexpr unsigned int kEncryptedClientHello =
    0xfe0d;                             // draft-ietf-tls-esni §11.1; browsers send it empty-handed
constexpr std::size_t kPadding = 1580;  // makes a ClientHello of about 1,900 bytes
constexpr std::size_t kMostCertificates = 20;

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

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

int add_padding(SSL* ssl, unsigned int, unsigned int, const unsigned char** out, std::size_t* length, X509*,
                std::size_t, int*, void*) {
  const std::vector<unsigned char>& padding = notes_of(ssl).padding;
  *out = padding.data();
  *length = padding.size();
  return 1;
}

int ignore_answer(SSL*, unsigned int, unsigned int, const unsigned char*, std::size_t, X509*, std::size_t,
                  int*, void*) {
  return 1;
}

int capture_chain(X509_STORE_CTX* context, void*) {
  const void* ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
  std::vector<X509Ptr>& chain = notes_of(static_cast<const SSL*>(ssl)).chain;
  chain.clear();
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
  for (int i = 0; i < sk_X509_num(sent) && chain.size() < kMostCertificates; ++i) {
    X509* certificate = sk_X509_value(sent, i);
    X509_up_ref(certificate);
    chain.emplace_back(certificate);
  }
  return 1;
}

int note_request(SSL* ssl, X509**, EVP_PKEY**) {
  notes_of(ssl).wants_ours = true;
  return 0;  // we have none
}

void note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  constexpr int kCertificateRequired = 116;  // RFC 8446 §6.2; OpenSSL has no word for it
  const bool wants_ours = (value & 0xff) == kCertificateRequired;
  std::string name = wants_ours ? "certificate_required" : SSL_alert_desc_string_long(value);
  std::ranges::replace(name, ' ', '_');
  if (name != "close_notify") notes_of(ssl).alert = std::move(name);
}

/// All that a context depends on.
struct Kind {
  int minimum_version = 0, maximum_version = 0;
  bool by_psk = false, padded = false;
  auto operator<=>(const Kind&) const = default;
};

Context make_context(const Kind& kind) {
  Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL has no TLS client");
  SSL_CTX_set_min_proto_version(context.get(), kind.minimum_version);
  SSL_CTX_set_max_proto_version(context.get(), kind.maximum_version);
  if (kind.minimum_version < TLS1_2_VERSION) {
    SSL_CTX_set_cipher_list(context.get(),
                            "ALL:@SECLEVEL=0");  // below level 1 alone are they spoken at all
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(context.get(), &capture_chain, nullptr);
  SSL_CTX_set_client_cert_cb(context.get(), &note_request);
  SSL_CTX_set_info_callback(context.get(), &note_alert);
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_LEGACY_SERVER_CONNECT);
  if (kind.by_psk) {
    use_psk(context.get());
  } else if (kind.padded) {
    SSL_CTX_add_custom_ext(context.get(), kEncryptedClientHello,
                           SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_ENCRYPTED_EXTENSIONS |
                               SSL_EXT_TLS1_3_HELLO_RETRY_REQUEST | SSL_EXT_IGNORE_ON_RESUMPTION,
                           &add_padding, nullptr, nullptr, &ignore_answer, nullptr);
  }
  return context;
}

}  // namespace

HandshakeNotes::HandshakeNotes(const TlsOptions& wanted) : options(wanted) {
  if (!wanted.by_psk() && wanted.padded_hello) padding = make_padding();
}

HandshakeNotes& notes_of(const SSL* ssl) {
  return *static_cast<HandshakeNotes*>(SSL_get_app_data(ssl));
}

SSL_CTX* client_context(const TlsOptions& options) {
  thread_local std::map<Kind, Context> kept;
  const Kind kind{options.minimum_version, options.maximum_version, options.by_psk(), options.padded_hello};
  const auto known = kept.find(kind);
  return (known != kept.end() ? known : kept.emplace(kind, make_context(kind)).first)->second.get();
}

}  // namespace lkdoctor::net
