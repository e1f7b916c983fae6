// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A server that only answers and does not know its address: what is seen of that address follows from it.
Rule rule_ice_lite() {
  return {59, [](Cases& cases) {
            cases.fold(
                {"ice-lite-behind-nat"},
                {"private-ip-advertised", "udp-range-*", "media-silently-on-tcp", "health-ok-media-dead"},
                Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
