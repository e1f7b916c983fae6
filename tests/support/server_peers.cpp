// SPDX-License-Identifier: EUPL-1.2
#include "support/server_peers.hpp"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "support/fork_gate.hpp"

namespace lkdoctor::test {
namespace {

void close_with_reset(int socket) {
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// Waits for something to read, as long as reading may take.
void await_input(int socket) {
  const Waiting outside;
  pollfd ready{socket, POLLIN, 0};
  poll(&ready, 1, 5'000);
}

class PlainPeer final : public Peer {
 public:
  explicit PlainPeer(int socket) : socket_(socket) {}
  std::string read_some() override {
    std::array<char, 16384> data{};
    await_input(socket_);
    const ssize_t length = recv(socket_, data.data(), data.size(), MSG_DONTWAIT);
    return length <= 0 ? std::string() : std::string(data.data(), static_cast<std::size_t>(length));
  }
  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t length = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (length <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(length));
    }
  }
  void reset() override { close_with_reset(socket_); }

 private:
  int socket_;
};

int choose_alpn(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                unsigned int offered_length, void* argument) {
  const auto& tls = *static_cast<const ServerTls*>(argument);
  for (const std::string& wanted : tls.alpn) {
    for (unsigned int at = 0; at < offered_length; at += offered[at] + 1U) {
      const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
      if (name != wanted) continue;
      *out = offered + at + 1;
      *length = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return tls.abort_on_unknown_alpn ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

template <class Use>
void with_certificate(const std::string& text, Use use) {
  BIO* bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  use(certificate);
  X509_free(certificate);
  BIO_free(bio);
}

int find_psk(SSL* ssl, const unsigned char* identity, std::size_t length, SSL_SESSION** session) {
  const auto& tls = *static_cast<const ServerTls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  *session = nullptr;
  if (std::string_view(reinterpret_cast<const char*>(identity), length) != tls.psk_identity) return 1;
  const unsigned char suite[] = {0x13, 0x01};
  *session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(*session, reinterpret_cast<const unsigned char*>(tls.psk.data()),
                              tls.psk.size());
  SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, suite));
  SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION);
  return 1;
}

Context context_for(const ServerTls& tls, const Identity& identity) {
  Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), tls.minimum_version);
  SSL_CTX_set_max_proto_version(context.get(), tls.maximum_version);
  if (!tls.psk.empty()) {
    SSL_CTX_set_app_data(context.get(), const_cast<ServerTls*>(&tls));
    SSL_CTX_set_psk_find_session_callback(context.get(), &find_psk);
  }
  if (identity.certificate.empty()) return context;
  with_certificate(identity.certificate, [&](X509* leaf) { SSL_CTX_use_certificate(context.get(), leaf); });
  for (const std::string& text : identity.chain) {
    with_certificate(text, [&](X509* next) { SSL_CTX_add1_chain_cert(context.get(), next); });
  }
  BIO* bio = BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context.get(), key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  if (!tls.alpn.empty())
    SSL_CTX_set_alpn_select_cb(context.get(), &choose_alpn, const_cast<ServerTls*>(&tls));
  return context;
}

class TlsPeer final : public Peer {
 public:
  TlsPeer(int socket, const ServerTls& tls)
      : socket_(socket),
        with_name_(context_for(tls, tls.identity)),
        without_name_(context_for(tls, tls.without_name.empty() ? tls.identity : tls.without_name)),
        ssl_(SSL_new(without_name_.get()), &SSL_free) {
    SSL_CTX_set_tlsext_servername_callback(without_name_.get(), &TlsPeer::on_name);
    SSL_CTX_set_tlsext_servername_arg(without_name_.get(), this);
    SSL_set_fd(ssl_.get(), socket);
    await_input(socket);
    open_ = SSL_accept(ssl_.get()) == 1;
  }
  ~TlsPeer() override {
    if (open_) SSL_shutdown(ssl_.get());
  }
  bool open() const { return open_; }
  std::string read_some() override {
    std::array<char, 16384> data{};
    if (SSL_pending(ssl_.get()) == 0) await_input(socket_);
    const int length = SSL_read(ssl_.get(), data.data(), static_cast<int>(data.size()));
    return length <= 0 ? std::string() : std::string(data.data(), static_cast<std::size_t>(length));
  }
  void write(std::string_view bytes) override {
    if (!bytes.empty()) SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  void reset() override {
    open_ = false;
    close_with_reset(socket_);
  }

 private:
  static int on_name(SSL* ssl, int*, void* self) {
    auto& peer = *static_cast<TlsPeer*>(self);
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name); name != nullptr) {
      peer.server_name = name;
      SSL_set_SSL_CTX(ssl, peer.with_name_.get());
    }
    return SSL_TLSEXT_ERR_OK;
  }
  int socket_;
  Context with_name_, without_name_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  bool open_ = false;
};

}  // namespace

std::unique_ptr<Peer> plain_peer(int socket) {
  return std::make_unique<PlainPeer>(socket);
}

std::unique_ptr<Peer> tls_peer(int socket, const ServerTls& tls) {
  auto peer = std::make_unique<TlsPeer>(socket, tls);
  if (!peer->open()) return nullptr;
  return peer;
}

std::string Peer::read_until(std::string_view mark) {
  std::string all;
  while (all.find(mark) == std::string::npos) {
    const std::string part = read_some();
    if (part.empty()) break;
    all += part;
  }
  return all;
}

void Peer::wait_for_end() {
  while (!read_some().empty()) {
  }
}

}  // namespace lkdoctor::test
