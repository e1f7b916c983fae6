// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>

#include "config/own.hpp"
#include "engine/plan.hpp"
#include "serve/module.hpp"

namespace lkdoctor::serve {

/// The module of targets that name none, unless lkdoctor.toml has one of this name.
inline constexpr std::string_view kStandardModule = "standard";

/// Every check: cheap ones each 15 s, joins and what asks third parties each 5 min, the media loop each
/// 15 min, certificates hourly.
Module standard_module(const engine::CheckList& checks);

/// A line of lkdoctor.toml that means nothing.
struct ModuleFault {
  config::Place place;
  std::string message;
  int width = 1;
};
struct MadeModule {
  Module module;
  std::optional<ModuleFault> fault;  ///< set: the module is not complete
};
/// [module.NAME]. Where several lines name a check, its id wins over its group, a group over a glob, a glob
/// over `join`; checks that no line names are not in the module.
MadeModule make_module(const config::OwnModule& own, const engine::CheckList& checks);

/// What --only and --skip leave of a module; without lanes if that is nothing.
Module selected(Module module, const engine::Selection& selection, const engine::CheckList& checks);

/// The ids of a module, sorted.
std::vector<std::string> checks_of(const Module& module);

}  // namespace lkdoctor::serve
