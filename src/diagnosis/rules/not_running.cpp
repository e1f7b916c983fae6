// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A responder on LiveKit's own host finds nobody on its port: whatever is in front of it fails for that.
Rule rule_not_running() {
  return {25, [](Cases& cases) {
            cases.fold({"livekit-not-running"}, kLiveKitIsDown, Scope::anywhere);
            cases.fold({"livekit-not-running"},
                       {"ws-*", "wrong-backend", "proxy-path-mismatch", "signalling-path-missing",
                        "twirp-not-proxied", "rtc-v1-not-proxied", "cors-headers-duplicated"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
