// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A legacy config.toml that wins over the file meant is why the settings look incomplete.
Rule rule_controller_refuses_configuration() {
  return {
      21, [](Cases& cases) {
        const CheckResult* config = cases.check("config_controller");
        if (config == nullptr || !config->facts.contains("accepted") || config->facts.at("accepted") != false)
          return;
        cases.fold({"legacy-config-toml-shadows"}, {"controller-config-invalid"}, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
