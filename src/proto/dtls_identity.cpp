// SPDX-License-Identifier: EUPL-1.2
#include "proto/dtls_identity.hpp"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace lkdoctor::proto {
namespace {

constexpr long kDay = 86'400;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

void sign_itself(X509& certificate, EVP_PKEY& key, std::size_t padding) {
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "no random numbers");
  require(X509_set_version(&certificate, X509_VERSION_3) == 1, "cannot make a certificate");
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial >> 1U);
  // A day back: the clock of either side may be wrong, and nobody checks it (RFC 8827 §6.5).
  X509_gmtime_adj(X509_getm_notBefore(&certificate), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(&certificate), 30 * kDay);
  X509_NAME* name = X509_get_subject_name(&certificate);
  const std::string common_name = "WebRTC";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(&certificate, name);
  X509_set_pubkey(&certificate, &key);
  if (padding > 0) {
    const std::string filler(padding, 'x');
    X509_EXTENSION* comment = X509V3_EXT_conf_nid(nullptr, nullptr, NID_netscape_comment, filler.c_str());
    require(comment != nullptr, "cannot pad a certificate");
    X509_add_ext(&certificate, comment, -1);
    X509_EXTENSION_free(comment);
  }
  require(X509_sign(&certificate, &key, EVP_sha256()) > 0, "cannot sign a certificate");
}

}  // namespace

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(X509_digest(&certificate, EVP_sha256(), digest.data(), &size) == 1, "cannot hash a certificate");
  std::string shown;
  for (unsigned i = 0; i < size; ++i) shown += fmt::format("{}{:02X}", i == 0 ? "" : ":", digest.at(i));
  return shown;
}

DtlsIdentity DtlsIdentity::make(std::size_t padding) {
  auto parts = std::make_shared<Parts>();
  parts->key.reset(EVP_EC_gen("P-256"));
  parts->certificate.reset(X509_new());
  require(parts->key && parts->certificate, "cannot make a key");
  sign_itself(*parts->certificate, *parts->key, padding);
  parts->fingerprint = fingerprint_of(*parts->certificate);
  return DtlsIdentity(std::move(parts));
}

const std::string& DtlsIdentity::fingerprint() const {
  return parts_->fingerprint;
}

}  // namespace lkdoctor::proto
