// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <lkdoctor/proto/dtls.hpp>

namespace lkdoctor::proto {

struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

struct DtlsIdentity::Parts {
  KeyPtr key;
  CertificatePtr certificate;
  std::string fingerprint;
};

/// SHA-256 as RFC 8122 §5 writes it.
std::string fingerprint_of(const X509& certificate);

}  // namespace lkdoctor::proto
