// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// What a sweep with a responder proves of every port explains what sessions see of some.
Rule rule_two_sided() {
  return {48, [](Cases& cases) {
            for (const std::string_view id :
                 {"udp-range-filtered", "udp-range-partially-open", "udp-works-only-by-hole-punching"})
              cases.merge(id, "udp_range");
            const Patterns of_sessions = {"udp-range-*", "one-way-udp", "media-silently-on-tcp",
                                          "health-ok-media-dead", "udp-works-only-by-hole-punching"};
            cases.fold({"udp-ports-rewritten"}, of_sessions, Scope::anywhere);
            cases.fold_beyond_check(
                "udp_range",
                {"udp-range-partially-open", "udp-answers-dropped", "udp-answers-from-elsewhere",
                 "udp-forward-too-short", "docker-udp-not-published"},
                of_sessions);
            cases.fold({"udp-rate-limited"}, {"packet-loss-high", "udp-flow-cut"}, Scope::anywhere);
          }};
}

}  // namespace lkdoctor::diagnosis
