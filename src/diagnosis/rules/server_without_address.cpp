// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A LiveKit that cannot learn or use its own address does not start.
Rule rule_server_without_address() {
  return {22, [](Cases& cases) {
            cases.fold({"external-ip-stun-failed", "bind-address-invalid", "node-ip-invalid"}, kLiveKitIsDown,
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
