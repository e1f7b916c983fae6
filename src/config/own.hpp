// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/options.hpp"

namespace lkdoctor::config {

/// A word of lkdoctor.toml that something else must know: what it means is not settled here.
struct OwnWord {
  std::string text;  ///< empty: not there
  Place place;
};

/// One [[target]] of lkdoctor.toml.
struct OwnTarget {
  std::string name;
  Layer layer;
  Place name_place{};
  OwnWord module{};
};

/// A line of [module.NAME]: `"names,tls" = "15s"`.
struct OwnInterval {
  std::string checks;  ///< ids, groups, globs, or `join`; with commas between
  Place place;
  std::chrono::seconds every{0};
};

struct OwnModule {
  std::string name;
  Place place;
  std::vector<OwnInterval> intervals;
};

/// One [[serve.receiver]]: somebody who is told of changes.
struct OwnReceiver {
  enum class Kind { webhook, alertmanager };
  Kind kind = Kind::webhook;
  std::string url;  ///< http or https, without user and password; Alertmanager's is its base
  std::string username;
  OwnWord password_file, bearer_token_file, ca_file;  ///< as seen from here
};

/// lkdoctor's own configuration. Strict: an unknown key, a wrong type or a duplicate is an error with its
/// place.
struct OwnConfig {
  std::string file, text;
  Layer defaults;
  std::vector<OwnTarget> targets;
  OwnWord module;  ///< of targets that name none
  std::vector<OwnModule> modules;
  Layer serve;  ///< [serve]
  int joins_at_once = 1;
  std::vector<OwnReceiver> receivers;
  std::map<std::string, std::string> labels;  ///< what receivers know this prober by
  std::vector<Suppression> suppressions;      ///< in force at `now`
  Thresholds thresholds;
  std::map<std::string, Origin, std::less<>> threshold_origins;
  std::vector<std::string> notes;  ///< suppressions that have expired
  std::optional<InputError> error;
};

OwnConfig read_own_config(std::string file, std::string text, WallSeconds now);

/// "lkdoctor.toml:4:1: message", the line and a caret; exit status 78.
InputError own_error(const OwnConfig& own, Place place, const std::string& message, int width = 1);

}  // namespace lkdoctor::config
