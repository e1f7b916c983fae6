// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A certificate that clients refuse ends every request over it.
Rule rule_certificate() {
  return {38, [](Cases& cases) {
            cases.fold({"tls-cert-expired", "tls-cert-not-yet-valid", "tls-self-signed", "tls-private-ca",
                        "tls-chain-incomplete", "tls-name-mismatch"},
                       {"internal-tls-untrusted-by-controller", "tls-cert-expires-soon", "ws-*", "endpoint-*",
                        "service-url-unreachable", "twirp-not-proxied", "session-start-stalls"},
                       Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
