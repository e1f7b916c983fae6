// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// Nothing of a URL answers: whatever else would be asked there cannot be judged.
Rule rule_dead_address() {
  return {40, [](Cases& cases) {
            cases.fold({"aaaa-broken"}, {"address-unreachable", "nodes-inconsistent"}, Scope::same_url);
            cases.fold({"service-url-unreachable"}, {"endpoint-*", "address-unreachable"}, Scope::same_url);
            cases.fold({"endpoint-unreachable", "endpoint-stalls", "service-url-unreachable"}, kBeyondName,
                       Scope::same_url);
            // A LiveKit that is frozen accepts on every port and acts on none.
            cases.fold({"endpoint-stalls"}, {"ice-tcp-backend-down", "ice-tcp-stalls"}, Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
