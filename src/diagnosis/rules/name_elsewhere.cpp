// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A name that leads to another machine: what answers there says nothing about LiveKit.
Rule rule_name_elsewhere() {
  return {32, [](Cases& cases) {
            cases.fold({"split-horizon-mismatch", "dns-private-address"}, kBeyondName, Scope::same_url);
          }};
}

}  // namespace lkdoctor::diagnosis
