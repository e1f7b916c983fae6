// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>

#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {
namespace {

constexpr Patterns kUnreached = {"dns-missing", "dns-private-address", "tls-plain-http", "endpoint-*",
                                 "address-unreachable"};

bool has_dot(const Case& one) {
  return one.finding().id == "tls-name-mismatch" &&
         std::ranges::any_of(one.finding().evidence,
                             [](const Evidence& each) { return each.key == "host_ends_in_dot"; });
}

}  // namespace

// A URL that is wrong as it stands in the file cannot be reached either.
Rule rule_wrong_url() {
  return {
      25, [](Cases& cases) {
        cases.fold({"service-url-scheme-invalid", "service-url-reinterpreted", "service-url-through-proxy"},
                   {"endpoint-*", "service-url-unreachable", "wrong-backend", "tls-*", "dns-missing",
                    "controller-cannot-resolve-service-url"},
                   Scope::same_url);
        // A warning about it (white space, a query, a dot) leads to the same place.
        const bool unusable = std::ranges::any_of(cases.all(), [](const Case& one) {
          return one.finding().id == "public-url-handed-out-is-wrong" &&
                 one.finding().severity == Severity::failure;
        });
        if (unusable) {
          cases.fold({"public-url-handed-out-is-wrong", "plain-ws-from-https"}, kUnreached, Scope::same_url);
          cases.fold({"public-url-handed-out-is-wrong"}, {"proxy-path-mismatch", "wrong-backend"},
                     Scope::same_url);
        }
        cases.fold({"plain-ws-from-https"}, kUnreached, Scope::same_url);
        // The dot behind the host is seen in the file, and the certificate is another name's.
        if (std::ranges::any_of(cases.all(), has_dot))
          cases.fold({"tls-name-mismatch"}, {"public-url-handed-out-is-wrong"}, Scope::same_url);
      }};
}

}  // namespace lkdoctor::diagnosis
