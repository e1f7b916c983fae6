// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// Without the upgrade nobody joins.
Rule rule_upgrade_stripped() {
  return {64, [](Cases& cases) {
            cases.fold({"ws-upgrade-stripped"},
                       {"ws-*", "session-start-stalls", "join-refused", "rtc-v1-not-proxied"},
                       Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
