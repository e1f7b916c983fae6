// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A wrong clock on this machine makes certificates and tokens look wrong that are not.
Rule rule_local_clock() {
  return {10, [](Cases& cases) {
            cases.fold({"local-clock-wrong"},
                       {"tls-cert-expired", "tls-cert-not-yet-valid", "tls-cert-expires-soon", "clock-skew",
                        "token-expired"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
