// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// The proxy does not reach LiveKit, or reaches something else: every path behind it fails alike.
Rule rule_wrong_backend() {
  return {
      60, [](Cases& cases) {
        cases.fold(
            {"proxy-backend-down", "wrong-port-behind-proxy", "bound-to-loopback"},
            {"service-url-unreachable", "endpoint-*", "address-unreachable", "ice-tcp-closed",
             "twirp-not-proxied", "ws-*", "wrong-backend", "proxy-path-mismatch", "session-start-stalls"},
            Scope::anywhere);
        cases.fold({"wrong-port-behind-proxy", "bound-to-loopback"}, {"proxy-backend-down"}, Scope::anywhere);
        cases.fold({"wrong-backend", "proxy-auth-or-waf-intercepts", "public-url-redirects"},
                   {"proxy-path-mismatch", "twirp-not-proxied", "ws-*", "api-key-*",
                    "proxy-strips-authorization", "session-start-stalls", "client-newer-than-server"},
                   Scope::same_url);
      }};
}

}  // namespace lkdoctor::diagnosis
