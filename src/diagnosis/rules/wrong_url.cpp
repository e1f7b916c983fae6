// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A URL that is wrong as it stands in the file cannot be reached either.
Rule rule_wrong_url() {
  return {25, [](Cases& cases) {
            cases.fold({"service-url-scheme-invalid", "service-url-through-proxy"},
                       {"endpoint-*", "service-url-unreachable", "wrong-backend", "tls-*"}, Scope::same_url);
            cases.fold({"plain-ws-from-https"}, {"tls-plain-http"}, Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
