// SPDX-License-Identifier: EUPL-1.2
#include "diagnosis/cases.hpp"

namespace lkdoctor::diagnosis {

// A LiveKit that refuses its configuration does not run: nothing listens behind the proxy.
Rule rule_server_refuses_configuration() {
  return {
      20, [](Cases& cases) {
        const CheckResult* config = cases.check("config_livekit");
        if (config == nullptr || !config->facts.contains("accepted") || config->facts.at("accepted") != false)
          return;
        cases.fold_under_check("config_livekit", kLiveKitIsDown, Scope::anywhere);
      }};
}

}  // namespace lkdoctor::diagnosis
