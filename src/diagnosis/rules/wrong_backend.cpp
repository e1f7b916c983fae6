// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// The proxy does not reach LiveKit, or reaches something else: every path behind it fails alike.
Rule rule_wrong_backend() {
  return {
      60, [](Cases& cases) {
        cases.fold({"wrong-port-behind-proxy", "bound-to-loopback"}, {"proxy-backend-down"}, Scope::anywhere);
        cases.fold({"proxy-backend-down", "wrong-port-behind-proxy", "bound-to-loopback"},
                   {"service-url-unreachable", "endpoint-*", "address-unreachable", "ice-tcp-*",
                    "twirp-not-proxied", "ws-*", "wrong-backend", "proxy-path-mismatch",
                    "session-start-stalls", "signalling-path-missing", "join-refused"},
                   Scope::anywhere);
        cases.fold({"proxy-auth-or-waf-intercepts"}, {"public-url-redirects", "wrong-backend"},
                   Scope::same_url);
        cases.fold({"public-url-redirects"}, {"wrong-backend"}, Scope::same_url);
        cases.fold({"wrong-backend", "proxy-auth-or-waf-intercepts", "public-url-redirects"},
                   {"proxy-path-mismatch", "twirp-not-proxied", "ws-*", "api-key-*",
                    "proxy-strips-authorization", "session-start-stalls", "client-newer-than-server",
                    "rtc-v1-not-proxied", "signalling-path-missing", "service-url-other-server",
                    "join-refused", "cors-headers-duplicated"},
                   Scope::same_url);
      }};
}

}  // namespace lkdoctor::diagnosis
