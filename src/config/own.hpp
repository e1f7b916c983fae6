// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/options.hpp"

namespace lkdoctor::config {

/// One [[target]] of lkdoctor.toml.
struct OwnTarget {
  std::string name;
  Layer layer;
};

/// lkdoctor's own configuration. Strict: an unknown key, a wrong type or a duplicate is an error with its
/// place.
struct OwnConfig {
  std::string file, text;
  Layer defaults;
  std::vector<OwnTarget> targets;
  std::vector<Suppression> suppressions;  ///< in force at `now`
  Thresholds thresholds;
  std::map<std::string, Origin, std::less<>> threshold_origins;
  std::vector<std::string> notes;  ///< suppressions that have expired
  std::optional<InputError> error;
};

OwnConfig read_own_config(std::string file, std::string text, WallSeconds now);

/// "lkdoctor.toml:4:1: message", the line and a caret; exit status 78.
InputError own_error(const OwnConfig& own, Place place, const std::string& message, int width = 1);

}  // namespace lkdoctor::config
