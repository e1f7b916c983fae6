// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/load.hpp"
#include "serve/agenda.hpp"
#include "serve/board.hpp"
#include "serve/modules.hpp"
#include "serve/receiver.hpp"
#include "serve/web.hpp"

namespace lkdoctor::serve {

/// A target with everything that a run of it needs.
struct Target {
  std::string name;
  config::Loaded loaded;
  Module module;                ///< without what --only and --skip leave out
  engine::Selection selection;  ///< that stands for the module in recordings
  std::string livekit;          ///< same text: same LiveKit
  std::string revision;         ///< differs when what is deployed, or how it is looked at, differs

  Appointment appointment() const;
  Watched watched() const;
};

/// Everything that `lkdoctor serve` is told.
struct Settings {
  std::vector<Target> targets;
  std::vector<Module> modules;  ///< that a request may name; the standard one among them
  WebSettings web;
  std::vector<Receiver> receivers;
  std::map<std::string, std::string> labels;  ///< what receivers know this prober by; never empty
  std::string state_dir;                      ///< "": history in memory alone
  std::size_t joins_at_once = 1;
  std::optional<config::InputError> error;  ///< set: the rest is not complete

  const Target* find_target(std::string_view name) const;
  const Module* find_module(std::string_view name) const;
};

/// The targets of lkdoctor.toml; without any, the deployment of the command line as target `default`. Reads
/// files and environment, never the network. `inputs.target` must be empty.
Settings load_settings(const config::Inputs& inputs, const engine::CheckList& checks);

}  // namespace lkdoctor::serve
