// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// One wrong key pair is one problem, whether the files show it or the server says so.
Rule rule_key_pair() {
  return {70, [](Cases& cases) {
            for (const std::string_view id :
                 {"api-key-unknown", "api-secret-mismatch", "clock-skew", "default-or-sample-credentials"}) {
              cases.merge(id, "config");
            }
            cases.merge("nodes-inconsistent", "api");
            cases.fold({"keys-not-loaded"}, {"api-key-unknown"}, Scope::anywhere);
            cases.fold({"proxy-strips-authorization"}, {"api-key-unknown", "api-secret-mismatch"},
                       Scope::same_url);
            cases.fold({"api-key-unknown", "api-secret-mismatch", "keys-not-loaded", "clock-skew"},
                       {"token-expired", "room-create-denied", "join-refused", "service-url-other-server"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
