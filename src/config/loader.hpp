// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/controller.hpp"
#include "config/load.hpp"
#include "config/own.hpp"

// Shared by the files load*.cpp alone.
namespace lkdoctor::config::loading {

/// Thrown and caught inside load() alone.
struct Stop {
  InputError error;
};

/// The state while one deployment is assembled.
struct Loader {
  const Inputs& inputs;
  Loaded& out;
  std::shared_ptr<const OwnConfig> own;  ///< never null
  Layer layer;                           ///< all sources taken together
  std::map<std::string, Origin, std::less<>> threshold_origins;
  bool target_is_url = false;
  std::optional<ControllerReading> controller;

  Deployment& deployment() { return out.deployment; }
  void note(std::string text) { out.deployment.notes.push_back(std::move(text)); }
};

/// Exit 66: "cannot read FILE (--option): No such file or directory".
[[noreturn]] void unreadable(const std::string& file, std::string_view from, const std::string& problem);
/// Exit 64, or 78 with the line when the value stands in lkdoctor.toml.
[[noreturn]] void refuse_value(const Loader& loader, const Origin& origin, const std::string& message);

void read_own(Loader& loader);  ///< lkdoctor.toml and the layers
void read_controller_file(Loader& loader);
void read_livekit_file(Loader& loader);
void choose_key_pair(Loader& loader);
void read_token(Loader& loader);
void read_responder_keys(Loader& loader);
void list_settings(Loader& loader);

/// Text of "nothing to check".
InputError nothing_to_check(const Loader& loader);

}  // namespace lkdoctor::config::loading
