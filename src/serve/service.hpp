// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>
#include <string>

#include "serve/notify.hpp"
#include "serve/prober.hpp"

namespace lkdoctor::serve {

struct ServiceOptions {
  JudgeRun judge;
  /// Reads the configuration again, as load_settings().
  std::function<Settings()> load;
  std::function<void(const std::string& sentence)> tell;  ///< for the log
  Variable variable;
  std::string version, revision;
};

/// Serves until SIGTERM or SIGINT; gives the exit status: 0, or 1 where it cannot listen, which is told.
/// REQUIRES: this process has one thread and no child, and standard descriptors alone but for those of socket
/// activation. `settings` are without an error; `checks` outlive it.
int run_service(Settings settings, const engine::CheckList& checks, ServiceOptions options);

}  // namespace lkdoctor::serve
