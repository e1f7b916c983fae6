// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lkdoctor::test {

/// A certificate with its key and what is sent behind it. A value; made at run time, never stored.
struct Identity {
  std::string certificate, key;    ///< PEM
  std::vector<std::string> chain;  ///< PEM, sent after the certificate
  bool empty() const { return certificate.empty(); }
};

struct CertificateRequest {
  std::string common_name = "test.example";
  std::vector<std::string> names;  ///< "DNS:livekit.example.org", "IP:127.0.0.1"
  std::string organisation;        ///< "" for none
  int days_before = 1;             ///< valid from so many days ago (negative: in the future)
  int days_after = 90;
  bool authority = false;
  int rsa_bits = 0;  ///< 0: EC P-256
  bool sha1 = false;
};

/// Self-signed without `issuer`, else signed by it. The chain is left empty.
Identity make_certificate(const CertificateRequest& request, const Identity* issuer = nullptr);

/// A file with these PEM texts that is removed with the object.
class PemFile {
 public:
  explicit PemFile(const std::vector<std::string>& texts);
  PemFile(const PemFile&) = delete;
  PemFile& operator=(const PemFile&) = delete;
  ~PemFile();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace lkdoctor::test
