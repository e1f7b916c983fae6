// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <openssl/x509.h>

#include <lkdoctor/net/tls.hpp>
#include <memory>
#include <string>
#include <vector>

namespace lkdoctor::net {

struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using X509Ptr = std::unique_ptr<X509, X509Free>;

Certificate describe(X509* certificate);

/// Fills the trust fields of `session` for the chain as it was sent, leaf first. `name`: host name or
/// numeric address; empty: no name to verify.
void judge_trust(const std::vector<X509Ptr>& chain, const std::vector<std::string>& ca_files,
                 const std::string& name, TlsSession& session);

}  // namespace lkdoctor::net
