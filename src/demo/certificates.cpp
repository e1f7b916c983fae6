// SPDX-License-Identifier: EUPL-1.2
#include "demo/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace lkdoctor::demo {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Deleter<X509_free>>;
using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr long kDay = 24L * 60 * 60;

void require(bool success, const char* what) {
  if (!success) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

std::string pem(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(out.get(), certificate) == 1, "certificate");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem(EVP_PKEY* key) {
  const Bio out(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1, "key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

struct Plan {
  std::string name;  ///< common name, and for a leaf its only alternative name
  bool authority = false;
  long begins = -kDay, ends = 90 * kDay;  ///< seconds from now
};

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr, "extension");
  require(X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

/// Signs with the issuer's key; without issuer it is self-signed.
Cert make_certificate(const Plan& plan, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
  Cert certificate(X509_new());
  X509* const raw = certificate.get();
  X509_set_version(raw, 2);
  std::uint64_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(raw), plan.begins);
  X509_gmtime_adj(X509_getm_notAfter(raw), plan.ends);
  X509_set_pubkey(raw, key);
  X509_NAME* const name = X509_get_subject_name(raw);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(plan.name.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, issuer == nullptr ? name : X509_get_subject_name(issuer));
  X509* const signer = issuer == nullptr ? raw : issuer;
  add_extension(raw, signer, NID_basic_constraints,
                plan.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(raw, signer, NID_subject_key_identifier, "hash");
  if (!plan.authority) add_extension(raw, signer, NID_subject_alt_name, "DNS:" + plan.name);
  require(X509_sign(raw, issuer_key, EVP_sha256()) > 0, "signature");
  return certificate;
}

Plan leaf_plan(CertificateKind kind, const std::string& host) {
  Plan plan{.name = host};
  if (kind == CertificateKind::expired) {
    plan.begins = -92 * kDay;
    plan.ends = -2 * kDay;
  } else if (kind == CertificateKind::not_yet_valid) {
    plan.begins = kDay;
  } else if (kind == CertificateKind::expires_soon) {
    plan.begins = -88 * kDay;
    plan.ends = 2 * kDay;
  } else if (kind == CertificateKind::wrong_name) {
    plan.name = "www.other.home.arpa";
  }
  return plan;
}

}  // namespace

Certificates make_certificates(CertificateKind kind, const std::string& host) {
  const Key root_key(EVP_EC_gen("P-256")), middle_key(EVP_EC_gen("P-256")), leaf_key(EVP_EC_gen("P-256"));
  require(root_key && middle_key && leaf_key, "key generation");
  const Plan authority{
      .name = "lkdoctor demo root", .authority = true, .begins = -400 * kDay, .ends = 3650 * kDay};
  const Cert root = make_certificate(authority, root_key.get(), nullptr, root_key.get());
  Plan middle_plan = authority;
  middle_plan.name = "lkdoctor demo intermediate";
  const Cert middle = make_certificate(middle_plan, middle_key.get(), root.get(), root_key.get());
  const Plan plan = leaf_plan(kind, host);
  const bool alone = kind == CertificateKind::self_signed;
  const Cert leaf = alone ? make_certificate(plan, leaf_key.get(), nullptr, leaf_key.get())
                          : make_certificate(plan, leaf_key.get(), middle.get(), middle_key.get());
  Certificates out;
  out.root = pem(root.get());
  out.chain = pem(leaf.get());
  if (!alone && kind != CertificateKind::leaf_only) out.chain += pem(middle.get());
  out.key = pem(leaf_key.get());
  return out;
}

}  // namespace lkdoctor::demo
