// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A certificate or a handshake that clients refuse ends every request over it.
Rule rule_certificate() {
  return {38, [](Cases& cases) {
            cases.fold({"tls-plain-http", "tls-on-plain-port"},
                       {"tls-handshake-fails", "wrong-backend", "endpoint-*"}, Scope::same_url);
            cases.fold(
                {"tls-cert-expired", "tls-cert-not-yet-valid", "tls-self-signed", "tls-chain-incomplete",
                 "tls-name-mismatch", "tls-weak-key", "tls-weak-protocol", "tls-handshake-fails"},
                {"internal-tls-untrusted-by-controller", "tls-cert-expires-soon", "ws-*", "endpoint-*",
                 "service-url-unreachable", "twirp-not-proxied", "session-start-stalls", "join-refused"},
                Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
