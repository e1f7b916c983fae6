// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A server that takes no room refuses every join.
Rule rule_not_ready() {
  return {66, [](Cases& cases) {
            cases.fold({"not-ready-406"},
                       {"no-available-nodes", "session-start-stalls", "join-refused", "node-limit-reached"},
                       Scope::anywhere);
            cases.fold({"no-available-nodes", "node-limit-reached"}, {"join-refused", "session-start-stalls"},
                       Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
