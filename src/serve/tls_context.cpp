// SPDX-License-Identifier: EUPL-1.2
#include "serve/tls_context.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "config/file.hpp"

namespace lkdoctor::serve {
namespace {

/// What stands beside the context and has to live as long.
struct Policy {
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> sans;
};

struct Problem {
  std::string text;
};

void require(bool good, const std::string& problem) {
  if (good) return;
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  throw Problem{reason == nullptr ? problem : problem + ": " + reason};
}

void require_readable(const char* name, const std::string& path) {
  const config::FileText file = config::read_file(path);
  if (file.state != config::FileText::State::read)
    throw Problem{fmt::format("{} {}: {}", name, path, file.problem)};
}

/// A key behind a password is refused; OpenSSL would ask the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

/// RFC 7301 §3.2. Who offers HTTP/2 alone hears that it is not spoken here. `out` may point into our list.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* in,
                    unsigned int size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, length, kOurs.data(), kOurs.size(), in, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::string text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

/// As Go writes it; "" for kinds that cannot be allowed.
std::string text_of(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return text_of(name->d.dNSName);
  if (name->type == GEN_EMAIL) return text_of(name->d.rfc822Name);
  if (name->type == GEN_URI) return text_of(name->d.uniformResourceIdentifier);
  if (name->type != GEN_IPADD) return {};
  const std::string bytes = text_of(name->d.iPAddress);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return text.data();
}

bool is_allowed(X509* certificate, const std::vector<std::string>& allowed) {
  const auto free_names = [](GENERAL_NAMES* names) { GENERAL_NAMES_free(names); };
  const std::unique_ptr<GENERAL_NAMES, decltype(free_names)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      free_names);
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = text_of(sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty() && std::ranges::find(allowed, name) != allowed.end()) return true;
  }
  return false;
}

int verify_client(X509_STORE_CTX* chain, void* argument) {
  const auto& policy = *static_cast<const Policy*>(argument);
  const bool verifies = policy.client_auth == ClientAuth::verify_if_given ||
                        policy.client_auth == ClientAuth::require_and_verify;
  if (verifies && X509_verify_cert(chain) != 1) return 0;
  if (policy.sans.empty() || is_allowed(X509_STORE_CTX_get0_cert(chain), policy.sans)) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

void use_identity(SSL_CTX* context, const TlsSettings& settings) {
  SSL_CTX_set_default_passwd_cb(context, &no_password);
  require_readable("cert_file", settings.cert_file);
  require(SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) == 1,
          fmt::format("cert_file {} holds no certificate", settings.cert_file));
  require_readable("key_file", settings.key_file);
  require(SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
              SSL_CTX_check_private_key(context) == 1,
          fmt::format("key_file {} holds no key of the certificate in {}", settings.key_file,
                      settings.cert_file));
}

void ask_clients(SSL_CTX* context, const TlsSettings& settings, Policy& policy) {
  if (settings.client_auth == ClientAuth::none) return;
  const bool must = settings.client_auth == ClientAuth::require_any ||
                    settings.client_auth == ClientAuth::require_and_verify;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (must ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  SSL_CTX_set_cert_verify_callback(context, &verify_client, &policy);
  // A session that is taken up again would show no certificate.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  if (settings.client_ca_file.empty()) return;
  require_readable("client_ca_file", settings.client_ca_file);
  const char* file = settings.client_ca_file.c_str();
  require(SSL_CTX_load_verify_locations(context, file, nullptr) == 1,
          fmt::format("client_ca_file {} holds no certificate", settings.client_ca_file));
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file));
}

void set_policy(SSL_CTX* context, const TlsSettings& settings) {
  const bool only_13 = settings.ciphers.empty() && !settings.ciphersuites.empty();
  SSL_CTX_set_min_proto_version(context, only_13 ? TLS1_3_VERSION : settings.min_version);
  SSL_CTX_set_max_proto_version(context, settings.max_version);
  if (!settings.ciphers.empty())
    require(SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) == 1, "cipher_suites");
  if (!settings.ciphersuites.empty())
    require(SSL_CTX_set_ciphersuites(context, settings.ciphersuites.c_str()) == 1, "cipher_suites");
  if (!settings.groups.empty())
    require(SSL_CTX_set1_groups_list(context, settings.groups.c_str()) == 1, "curve_preferences");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  if (settings.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
}

}  // namespace

TlsContextReading make_tls_context(const TlsSettings& settings) {
  TlsContextReading out;
  const auto policy = std::make_shared<Policy>(Policy{settings.client_auth, settings.client_allowed_sans});
  const net::TlsContext context(SSL_CTX_new(TLS_server_method()),
                                [policy](SSL_CTX* last) { SSL_CTX_free(last); });
  ERR_clear_error();
  try {
    require(context != nullptr, "OpenSSL has no TLS server");
    set_policy(context.get(), settings);
    use_identity(context.get(), settings);
    ask_clients(context.get(), settings, *policy);
    out.context = context;
  } catch (const Problem& problem) {
    out.problem = problem.text;
  }
  ERR_clear_error();
  return out;
}

}  // namespace lkdoctor::serve
