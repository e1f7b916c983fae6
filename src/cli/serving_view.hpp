// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "cli/contacts.hpp"
#include "cli/serving_load.hpp"
#include "serve/web_config.hpp"

namespace lkdoctor::cli {

/// What `serve` would do with its settings, as values.
struct ServingView {
  struct OfTarget {
    std::string name, module, livekit;
    Vantage vantage = Vantage::automatic;
    Schedule schedule;
    HourlyLoad load;
    std::vector<Contact> contacts;
  };
  /// Targets that have their LiveKit in common.
  struct OfLiveKit {
    std::string livekit;
    std::vector<std::string> targets;
    HourlyLoad load;
  };
  std::vector<OfTarget> targets;
  std::vector<OfLiveKit> livekits;  ///< in the order of the targets
  std::vector<Contact> receivers;
  std::vector<std::string> warnings;  ///< sentences
};

/// `web`: what the web configuration file says; no I/O but this machine's name servers and interfaces.
/// REQUIRES: settings without an error.
ServingView view_of(const serve::Settings& settings, const serve::WebConfig& web,
                    const engine::CheckList& checks);

}  // namespace lkdoctor::cli
