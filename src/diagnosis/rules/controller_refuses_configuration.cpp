// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A controller that does not start, and the line that makes it so.
Rule rule_controller_refuses_configuration() {
  return {
      21, [](Cases& cases) {
        cases.fold({"legacy-config-toml-shadows"},
                   {"controller-config-invalid", "controller-section-obsolete"}, Scope::anywhere);
        const CheckResult* config = cases.check("config_controller");
        if (config == nullptr || !config->facts.contains("accepted") || config->facts.at("accepted") != false)
          return;
        cases.fold({"variable-not-expanded", "credential-malformed", "service-url-scheme-invalid"},
                   {"controller-config-invalid"}, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
