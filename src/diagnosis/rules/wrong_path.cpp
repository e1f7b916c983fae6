// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A path that the proxy cuts or adds breaks API and signalling alike.
Rule rule_wrong_path() {
  return {62, [](Cases& cases) {
            cases.fold(
                {"proxy-path-mismatch"},
                {"twirp-not-proxied", "ws-*", "wrong-backend", "api-key-*", "session-start-stalls",
                 "client-newer-than-server", "rtc-v1-not-proxied", "signalling-path-missing", "join-refused"},
                Scope::same_url);
            cases.fold({"signalling-path-missing"},
                       {"rtc-v1-not-proxied", "client-newer-than-server", "ws-*", "session-start-stalls",
                        "join-refused"},
                       Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
