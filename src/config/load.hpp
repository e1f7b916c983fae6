// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <functional>
#include <lkdoctor/clock.hpp>
#include <lkdoctor/deployment.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/report.hpp"

namespace lkdoctor::config {

/// Options as the command line said them, unparsed; a member that was not given is empty. Each has a twin in
/// the environment (`third_party` is LKDOCTOR_THIRD_PARTY) and in lkdoctor.toml (`third_party = "none"`).
/// Lists from the environment are split at commas.
struct Options {
  std::optional<std::string> controller, livekit, config, public_url, service_url, api_key, api_secret_file,
      token_file, vantage, audience, third_party, proxy, livekit_version, responder, responder_key_file,
      timeout, deadline, fail_on, color, record, web_config_file, web_external_url, web_route_prefix,
      state_dir;
  std::vector<std::string> compose, env_file, container, stun, ca_file, resolve, only, skip, format, output,
      web_listen_address;
  std::optional<bool> all, passive, thorough, allow_side_effects, exit_zero, watch, pair, verbose, quiet,
      web_open;
};

struct Layer;
struct OwnConfig;

/// Everything the deployment is assembled from. A value: tests fill it by hand.
struct Inputs {
  std::string target;  ///< a URL, a configured name, or empty
  Options options;
  std::vector<std::string> livekit_arguments;  ///< of the server's process or container
  std::map<std::string, std::string> livekit_environment;
  std::map<std::string, std::string> environment;  ///< of this process, all of it
  std::string folder = ".";                        ///< where the search begins
  std::string system_folder = "/etc/opentalk";
  WallSeconds now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::shared_ptr<const OwnConfig> own = {};  ///< lkdoctor.toml as another load() read it; empty: it is read
};

/// Why there is nothing to run.
struct InputError {
  int exit_status = 64;  ///< 64 usage, 66 a named file cannot be read, 78 lkdoctor's own configuration
  std::string message;   ///< without "lkdoctor: " in front; further lines are indented or carry a caret
  /// All is in order, and no file and no URL was found: who needs none of them goes on.
  bool nothing_to_check = false;
};

/// One `--format` with its `--output`; an empty file name is stdout.
struct ReportTarget {
  std::string format = "text";
  std::string file;
};

/// What the command line needs beside the deployment, all sources taken together.
struct OutputSettings {
  std::vector<ReportTarget> reports;  ///< never empty after a successful load
  std::vector<std::string> only, skip;
  Severity fail_on = Severity::failure;
  bool all = false;    ///< every target of lkdoctor.toml
  std::string record;  ///< where what was seen goes; empty: nowhere
  bool exit_zero = false, watch = false, pair = false, verbose = false, quiet = false;
  std::string color = "auto";
  std::vector<std::string> compose, env_file, container;
  std::string responder_key_file;
};

struct Loaded {
  Deployment deployment;
  OutputSettings output;
  std::vector<Setting> settings;          ///< every effective setting with its source, secrets masked
  std::vector<std::string> target_names;  ///< of lkdoctor.toml, in its order
  std::vector<std::string> looked_for;    ///< places where an OpenTalk configuration was searched
  /// Judges LiveKit's file, arguments and environment again, for the version of a server that runs; beside it
  /// a sentence where no list of that very version's keys is known. Empty: nothing of LiveKit's was given.
  std::function<std::pair<LiveKitSettings, std::string>(const std::string& version)> livekit_as_of;
  std::shared_ptr<const OwnConfig> own;  ///< lkdoctor.toml; null only with an error
  std::shared_ptr<const Layer> layer;    ///< every option, all sources taken together; null with an error
  std::optional<InputError> error;       ///< set: the rest is not complete
};

/// Reads files and environment, never the network. Never throws for what a file holds.
Loaded load(const Inputs& inputs);

}  // namespace lkdoctor::config
