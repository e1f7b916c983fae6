// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// Without the upgrade nobody joins.
Rule rule_upgrade_stripped() {
  return {64, [](Cases& cases) {
            cases.fold(
                {"ws-upgrade-stripped", "http2-websocket-broken"},
                {"ws-*", "session-start-stalls", "joined-then-evicted", "join-refused", "rtc-v1-not-proxied"},
                Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
