// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <lkdoctor/bytes.hpp>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <memory>
#include <string>

namespace lkdoctor::test {

/// The client's end of a control connection, without a socket.
class PskClient {
 public:
  PskClient(std::string identity, const std::array<std::uint8_t, 32>& key)
      : identity_(std::move(identity)), key_(key) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_ciphersuites(context_.get(), "TLS_AES_128_GCM_SHA256");
    ssl_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_psk_use_session_callback(ssl_.get(), &use_session);
    SSL_set_connect_state(ssl_.get());
  }
  explicit PskClient(const proto::PortTestKey& key)
      : PskClient(proto::control_identity(key), proto::control_key(key)) {}

  void feed(ByteView bytes) {
    if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    (void)SSL_do_handshake(ssl_.get());
    std::array<char, 4096> plain{};
    for (int size = 1; size > 0;) {
      size = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
      if (size > 0) text_.append(plain.data(), static_cast<std::size_t>(size));
    }
  }
  void write(std::string_view text) { SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); }
  void end() { SSL_shutdown(ssl_.get()); }

  Bytes take() {
    Bytes out(BIO_ctrl_pending(out_));
    if (!out.empty()) BIO_read(out_, out.data(), static_cast<int>(out.size()));
    return out;
  }
  bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  bool peer_ended() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  /// What came since the last call.
  std::string text() { return std::exchange(text_, {}); }

 private:
  struct Free {
    void operator()(SSL* one) const { SSL_free(one); }
    void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
  };

  static int use_session(SSL* ssl, const EVP_MD*, const unsigned char** id, std::size_t* size,
                         SSL_SESSION** session) {
    auto& self = *static_cast<PskClient*>(SSL_get_app_data(ssl));
    constexpr std::array<unsigned char, 2> kSuite{0x13, 0x01};
    *session = SSL_SESSION_new();
    SSL_SESSION_set1_master_key(*session, self.key_.data(), self.key_.size());
    SSL_SESSION_set_cipher(*session, SSL_CIPHER_find(ssl, kSuite.data()));
    SSL_SESSION_set_protocol_version(*session, TLS1_3_VERSION);
    *id = reinterpret_cast<const unsigned char*>(self.identity_.data());
    *size = self.identity_.size();
    return 1;
  }

  std::string identity_;
  std::array<std::uint8_t, 32> key_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  std::string text_;
};

}  // namespace lkdoctor::test
