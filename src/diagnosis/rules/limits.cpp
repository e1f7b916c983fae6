// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// What a limit on requests refused, and what fell silent in the middle of a run, was not seen as it is.
Rule rule_limits() {
  return {23, [](Cases& cases) {
            cases.merge("rate-limited", "signalling_join");
            cases.fold({"rate-limited"},
                       {"wrong-backend", "proxy-backend-down", "signalling-path-missing",
                        "rtc-v1-not-proxied", "twirp-not-proxied", "l4-l7-listener-clash"},
                       Scope::same_url);
            cases.fold({"banned-during-run"},
                       {"endpoint-*", "address-unreachable", "proxy-backend-down", "session-start-stalls"},
                       Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
