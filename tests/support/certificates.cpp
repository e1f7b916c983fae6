// SPDX-License-Identifier: EUPL-1.2
#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include <stdexcept>

namespace lkdoctor::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  write(bio.get());
  return text_of(bio.get());
}

Key key_from(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
}

Certificate certificate_from(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::logic_error("extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

long serial() {
  static long next = 1000;
  return ++next;
}

}  // namespace

Identity make_certificate(const CertificateRequest& request, const Identity* issuer) {
  const Key key(
      request.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(request.rsa_bits)),
      &EVP_PKEY_free);
  const Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400L * request.days_before);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400L * request.days_after);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  add_name(name, "O", request.organisation);
  add_name(name, "CN", request.common_name);
  Certificate issuer_certificate(nullptr, &X509_free);
  Key issuer_key(nullptr, &EVP_PKEY_free);
  if (issuer != nullptr) {
    issuer_certificate = certificate_from(issuer->certificate);
    issuer_key = key_from(issuer->key);
  }
  X509* signer = issuer == nullptr ? certificate.get() : issuer_certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  if (request.authority) add_extension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
  if (!request.names.empty())
    add_extension(certificate.get(), signer, NID_subject_alt_name, joined(request.names));
  EVP_PKEY* signing_key = issuer == nullptr ? key.get() : issuer_key.get();
  if (X509_sign(certificate.get(), signing_key, request.sha1 ? EVP_sha1() : EVP_sha256()) == 0) {
    throw std::logic_error("certificate was not signed");
  }
  Identity identity;
  identity.certificate = pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
  identity.key =
      pem([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return identity;
}

PemFile::PemFile(const std::vector<std::string>& texts) {
  std::string pattern = "/tmp/lkdoctor-test-XXXXXX";
  const int file = mkstemp(pattern.data());
  if (file < 0) throw std::runtime_error("mkstemp");
  for (const std::string& text : texts) {
    if (write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("write");
  }
  close(file);
  path_ = pattern;
}

PemFile::~PemFile() {
  unlink(path_.c_str());
}

}  // namespace lkdoctor::test
