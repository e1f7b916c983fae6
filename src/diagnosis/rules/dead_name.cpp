// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A name without addresses: nothing behind it can answer.
Rule rule_dead_name() {
  return {30, [](Cases& cases) {
            cases.fold({"controller-cannot-resolve-service-url"}, {"dns-missing"}, Scope::same_url);
            cases.fold({"dns-missing", "resolver-broken", "controller-cannot-resolve-service-url"},
                       kBeyondName, Scope::same_url);
            cases.fold({"dns-missing"}, {"split-horizon-mismatch"}, Scope::same_url);
            cases.fold({"resolver-broken"},
                       {"controller-cannot-resolve-service-url", "split-horizon-mismatch"}, Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
