// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "site.hpp"
#include "support/certificates.hpp"

namespace lkdoctor::test {

struct TlsWants {
  Identity identity{};
  int minimum = TLS1_2_VERSION, maximum = TLS1_3_VERSION;
  std::string ciphers{};  ///< of TLS 1.2; "" for any
  std::vector<unsigned char> alpn{};
};

/// A visitor that speaks TLS, with a certificate of its own if there is one. It takes whatever the server
/// shows.
class TlsVisitor {
 public:
  explicit TlsVisitor(Site& site, const TlsWants& wants = {})
      : visitor(site), context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), ssl_(nullptr, &SSL_free) {
    SSL_CTX_set_min_proto_version(context_.get(), wants.minimum);
    SSL_CTX_set_max_proto_version(context_.get(), wants.maximum);
    if (!wants.ciphers.empty()) SSL_CTX_set_cipher_list(context_.get(), wants.ciphers.c_str());
    if (!wants.identity.empty()) show(wants.identity);
    ssl_.reset(SSL_new(context_.get()));
    if (!wants.alpn.empty())
      SSL_set_alpn_protos(ssl_.get(), wants.alpn.data(), static_cast<unsigned>(wants.alpn.size()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
  }

  /// The whole answer to one request whose connection ends; "" if the server did not want to talk.
  asio::awaitable<std::string> ask(std::string path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    bool asked = false, more = true;
    std::string answer;
    while (more) {
      if (!asked && SSL_do_handshake(ssl_.get()) == 1)
        asked = SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) > 0;
      std::array<char, 16384> plain{};
      for (int size = 1; asked && size > 0;) {
        size = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
        if (size > 0) answer.append(plain.data(), static_cast<std::size_t>(size));
      }
      auto moving = exchange();
      more = co_await std::move(moving);
    }
    co_return answer;
  }

  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  /// The subject of what the server showed.
  std::string subject() const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl_.get()),
                                                            &X509_free);
    std::array<char, 200> text{};
    if (shown) X509_NAME_oneline(X509_get_subject_name(shown.get()), text.data(), text.size());
    return text.data();
  }

  Visitor visitor;

 private:
  void show(const Identity& identity) {
    const auto bio = [](const std::string& text) {
      return std::unique_ptr<BIO, decltype(&BIO_free)>(
          BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
    };
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio(identity.certificate).get(), nullptr, nullptr, nullptr), &X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(bio(identity.key).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
  }

  /// False: the server has ended.
  asio::awaitable<bool> exchange() {
    BIO* out = SSL_get_wbio(ssl_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    auto saying = visitor.say(bytes);
    co_await std::move(saying);
    auto receiving = visitor.receive();
    const bool more = co_await std::move(receiving);
    if (!visitor.inbox.empty())
      BIO_write(SSL_get_rbio(ssl_.get()), visitor.inbox.data(), static_cast<int>(visitor.inbox.size()));
    visitor.inbox.clear();
    co_return more;
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace lkdoctor::test
