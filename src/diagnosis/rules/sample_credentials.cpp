// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A published sample is short as well: changing it repairs both.
Rule rule_sample_credentials() {
  return {72, [](Cases& cases) {
            cases.fold({"default-or-sample-credentials"}, {"secret-too-short", "dev-mode-in-production"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
